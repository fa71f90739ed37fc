import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VerbName } from '../../src/admin/access.ts';
import type { Handling } from '../../src/admin/handle.ts';
import { openApi, operationOf } from '../../src/admin/openapi.ts';
import { router } from '../../src/admin/router.ts';
import { VERBS } from '../../src/admin/routes/index.ts';
import type { JsonObject, JsonValue } from '../../src/contracts/json.ts';
import { HEALTH_PATHS } from '../../src/http/index.ts';
import { startTestGateway, type TestGateway } from '../scenarios/running-gateway.ts';
import { SESSION, verbOf } from './session.ts';

type Operations = Readonly<Record<string, Readonly<Record<string, JsonObject>>>>;

let gateway: TestGateway;
let document: JsonObject;
let key: string;

beforeAll(async () => {
  gateway = await startTestGateway();
  key = (await gateway.key({ name: 'driver', roles: ['admin', 'auditor'] })).text;
  document = (await gateway.admin('GET', '/openapi.json')).body;
});
afterAll(() => gateway.stop());

const operations = (): readonly (readonly [path: string, method: string, operation: JsonObject])[] =>
  Object.entries(document['paths'] as unknown as Operations).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [path, method, operation] as const),
  );

/** An answer as far as a test reads it: of a stream, its first object. */
async function ask(method: string, path: string, body?: JsonValue): Promise<{ readonly status: number; readonly body: JsonObject }> {
  const ending = new AbortController();
  const response = await fetch(`${gateway.running.adminUrl}/api/v1${path}`, {
    method,
    signal: ending.signal,
    headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const type = response.headers.get('content-type') ?? '';
  if (type.startsWith('text/plain')) return { status: response.status, body: (await response.text()) as unknown as JsonObject };
  if (type !== 'application/x-ndjson') return { status: response.status, body: (await response.json()) as JsonObject };
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    if (text.includes('\n')) break;
  }
  ending.abort();
  return { status: response.status, body: JSON.parse(text.slice(0, text.indexOf('\n'))) as JsonObject };
}

// Answers may get more members, which clients are told to ignore; here one that the document does not name is a mistake.
function closed(value: JsonValue): JsonValue {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((entry: JsonValue) => closed(entry));
  const entries = Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, closed(entry)]));
  return 'properties' in value && !('additionalProperties' in value) ? { ...entries, additionalProperties: false } : entries;
}

function schemaFor(path: string, method: string, status: string): ValidateFunction {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
  ajv.addSchema({ ...(closed(document) as JsonObject), $id: 'https://test/api' });
  const at = (part: string): string => part.replaceAll('~', '~0').replaceAll('/', '~1').replaceAll('{', '%7B').replaceAll('}', '%7D');
  const responses = operations().find(([p, m]) => p === path && m === method)?.[2]['responses'] as unknown as Readonly<
    Record<string, JsonObject>
  >;
  const found = responses[status];
  const pointer =
    found === undefined || '$ref' in found ? '/components/responses/Error' : `/paths/${at(path)}/${method}/responses/${status}`;
  const [type] = found === undefined || '$ref' in found ? ['application/json'] : Object.keys(found['content'] as JsonObject);
  return ajv.compile({ $ref: `https://test/api#${pointer}/content/${at(type ?? '')}/schema` });
}

async function drive(): Promise<ReadonlyMap<VerbName, { readonly status: number; readonly body: JsonObject }>> {
  const answers = new Map<VerbName, { readonly status: number; readonly body: JsonObject }>();
  for (const { verb, ask: next } of SESSION) {
    const { path, body } = next((name) => answers.get(name)?.body ?? {});
    answers.set(verb, await ask(verbOf(verb).method, path, body));
  }
  return answers;
}

describe('the document of the API', () => {
  it('is OpenAPI 3.1 made of the schemas that validate, with no reference that leads nowhere and no schema that nobody uses', () => {
    expect(document).toEqual(JSON.parse(JSON.stringify(openApi(VERBS))));
    expect(document['openapi']).toBe('3.1.0');
    const text = JSON.stringify(document);
    const named = Object.keys((document['components'] as JsonObject)['schemas'] as JsonObject).map(
      (name) => `#/components/schemas/${name}`,
    );
    const used = new Set([...text.matchAll(/"\$ref":"(#\/components\/schemas\/[^"]+)"/g)].map(([, ref]) => ref));
    expect([...used].toSorted()).toEqual(named.toSorted());
    const ids = operations().map(([, , { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(VERBS.length + HEALTH_PATHS.length);
  });

  it('has every route that the router has, and no other', async () => {
    const routed: string[] = [];
    const app = await router({} as Handling, new WeakMap(), (method, path) => routed.push(`${method} ${path}`));
    await app.close();
    const documented = operations().map(([path, method]) => `${method} ${path}`);
    expect(routed.map((line) => line.replaceAll(/:([A-Za-z]+)/g, '{$1}').toLowerCase()).toSorted()).toEqual(
      documented.map((line) => line.toLowerCase()).toSorted(),
    );
  });

  it('is answered for by the running listener: what it names is there, every other method of its paths is not', async () => {
    const wrong: string[] = [];
    for (const [path, methods] of Object.entries(document['paths'] as JsonObject))
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
        const named = method.toLowerCase() in (methods as JsonObject);
        const concrete = path.startsWith('/api/v1') ? path.replace('/api/v1', '').replace('{id}', 'NoSuchThing!') : `/../..${path}`;
        const { body } = await ask(method, HEALTH_PATHS.some((one) => one === path) ? concrete : `${concrete}?nothing=1`);
        const unknown = (body['error'] as JsonObject | undefined)?.['reason'] === 'admin.route_unknown';
        if (unknown === named) wrong.push(`${method} ${path}`);
      }
    expect(wrong).toEqual([]);
  });
});

describe('a session that does everything once', () => {
  it('takes every verb, each is done, and each answer is what the document says, to the last member', async () => {
    expect(new Set(SESSION.map(({ verb }) => verb))).toEqual(new Set(VERBS.map(({ name }) => name)));
    const answers = await drive();
    for (const [name, { status, body }] of answers) {
      const { path, method } = operationOf(verbOf(name));
      expect([name, status]).toEqual([name, verbOf(name).gives.status]);
      const validate = schemaFor(path, method, String(status));
      expect([name, validate(body), validate.errors ?? []]).toEqual([name, true, []]);
      // The document itself is left open: it describes what OpenAPI describes.
      if (name !== 'contract.show' && name !== 'metrics.show')
        expect([name, validate({ ...body, undocumented: true })]).toEqual([name, false]);
    }
  });

  it('is refused as the document says, whatever is wrong with it', async () => {
    const wrong: readonly (readonly [string, string, JsonObject | undefined, number])[] = [
      ['GET', '/servers/none', undefined, 404],
      ['POST', '/keys', { name: '' }, 400],
      ['POST', '/keys/none/revoke', undefined, 404],
      ['GET', '/log?limit=0', undefined, 400],
      ['DELETE', '/grants/none', undefined, 404],
      ['GET', '/nothing', undefined, 404],
    ];
    const validate = schemaFor('/api/v1/keys', 'get', 'default');
    for (const [method, path, body, status] of wrong) {
      const answer = await ask(method, path, body);
      expect([path, answer.status, validate(answer.body), validate.errors ?? []]).toEqual([path, status, true, []]);
    }
    expect(validate({ error: { reason: 'x' } })).toBe(false);
  });
});
