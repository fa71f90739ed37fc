import { request } from 'node:http';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { VerbName } from '../../src/admin/access.ts';
import { operationOf } from '../../src/admin/openapi.ts';
import type { JsonObject, JsonValue } from '../../src/contracts/json.ts';
import { type Asked, SESSION, verbOf } from '../admin/session.ts';
import { startTestGateway, type TestGateway } from '../scenarios/running-gateway.ts';
import { hostileText, hostileValue, pathsOf, RUNS, withAt } from './hostile.ts';

interface Base extends Asked {
  readonly verb: VerbName;
  readonly operation: JsonObject;
}

/** One request with one place changed. */
interface Changed {
  readonly base: Base;
  readonly path: string;
  readonly body: JsonValue | undefined;
  readonly reason: string | null;
}

let gateway: TestGateway;
let key = '';
let principal = '';
let document: JsonObject;
let bases: readonly Base[] = [];
const ajv = new Ajv2020({ strict: false, validateFormats: false, coerceTypes: false });

beforeAll(async () => {
  gateway = await startTestGateway();
  ({ text: key, principal } = await gateway.key({ name: 'fuzz', roles: ['admin', 'auditor', 'monitor'] }));
  document = (await gateway.admin('GET', '/openapi.json')).body;
  ajv.addSchema({ ...document, $id: 'https://test/api' });
  const answers = new Map<VerbName, JsonObject>();
  const found: Base[] = [];
  for (const { verb, ask } of SESSION) {
    const asked = ask((name) => answers.get(name) ?? {});
    const { path, method } = operationOf(verbOf(verb));
    const operation = ((document['paths'] as JsonObject)[path] as JsonObject)[method] as JsonObject;
    found.push({ ...asked, verb, operation });
    const answer = await send({ base: { ...asked, verb, operation }, path: asked.path, body: asked.body, reason: null });
    answers.set(verb, answer.body);
  }
  bases = found;
}, 60_000);
afterAll(() => gateway.stop());

/** Over a bare request, so that nothing of the path is mended on the way. A stream is left after its first bytes. */
function send({ base, path, body, reason }: Changed): Promise<{ readonly status: number; readonly body: JsonObject }> {
  const { hostname, port } = new URL(gateway.running.adminUrl);
  const text = body === undefined ? '' : JSON.stringify(body);
  const whole = path.startsWith('/../..') ? path.slice(6) : `/api/v1${path}`;
  const headers = {
    host: `${hostname}:${port}`,
    authorization: `Bearer ${key}`,
    ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
    ...(reason === null ? {} : { 'sallyport-reason': reason }),
  };
  return new Promise((resolve, reject) => {
    const asking = request({ hostname, port, method: verbOf(base.verb).method, path: whole, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      const done = (): void => resolve({ status: response.statusCode ?? 0, body: jsonOf(Buffer.concat(chunks).toString()) });
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        if (response.headers['content-type'] === 'application/x-ndjson') {
          done();
          response.destroy();
        }
      });
      response.on('end', done);
      response.on('error', done);
    });
    asking.setTimeout(20_000, () => asking.destroy(new Error('no answer')));
    asking.on('error', reject);
    asking.end(text);
  });
}

function jsonOf(text: string): JsonObject {
  try {
    return JSON.parse(text) as JsonObject;
  } catch {
    return {};
  }
}

const compiled = new Map<VerbName, ValidateFunction | null>();

/** What the document says of the body of a verb, compiled by another validator than the one that the server has; null: nothing. */
function bodySchema({ verb, operation }: Base): ValidateFunction | null {
  const known = compiled.get(verb);
  if (known !== undefined) return known;
  const content = ((operation['requestBody'] as JsonObject | undefined)?.['content'] as JsonObject | undefined)?.['application/json'];
  const schema = (content as JsonObject | undefined)?.['schema'] as JsonObject | undefined;
  const made =
    schema === undefined
      ? null
      : ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"https://test/api#/components')) as JsonObject);
  compiled.set(verb, made);
  return made;
}

const changedBody = (base: Base): fc.Arbitrary<Changed> =>
  fc
    .tuple(fc.constantFrom([], ...pathsOf(base.body ?? {}), ['unknown']), hostileValue)
    .map(([path, put]) => ({ base, path: base.path, body: withAt(base.body ?? {}, path, put), reason: null }));

/** A segment of the path, a value of the query or a parameter that the document names, percent-encoded or as it is. */
const changedPath = (base: Base): fc.Arbitrary<Changed> => {
  const named = ((base.operation['parameters'] ?? []) as readonly JsonObject[]).flatMap(({ in: where, name }) =>
    where === 'query' ? [String(name)] : [],
  );
  const [path = '', query = ''] = base.path.split('?');
  const given = [...new URLSearchParams(query).keys()];
  const segments = path.split('/').length - 1;
  const spots = [...Array.from({ length: segments }, (_, i) => i + 1), ...new Set([...named, ...given, 'unknown'])];
  return fc.tuple(fc.constantFrom(...spots), hostileText, fc.boolean()).map(([spot, text, encode]) => {
    const put = encode ? encodeURIComponent(text.toWellFormed()) : text.replaceAll(/[^!-~]|[?#]/g, '~');
    const short = put.slice(0, 6000).replace(/%[0-9A-F]?$/, '');
    if (typeof spot === 'number')
      return { base, path: path.split('/').with(spot, short).join('/') + (query === '' ? '' : `?${query}`), body: base.body, reason: null };
    const rest = query.split('&').filter((pair) => pair !== '' && !pair.startsWith(`${spot}=`));
    return { base, path: `${path}?${[...rest, `${spot}=${short}`].join('&')}`, body: base.body, reason: null };
  });
};

const changedReason = (base: Base): fc.Arbitrary<Changed> =>
  hostileText.map((text) => ({ base, path: base.path, body: base.body, reason: encodeURIComponent(text.toWellFormed()).slice(0, 3000) }));

/** Verbs that start a program when what they are given is right, which takes a second: only what is wrong for them is sent. */
const STARTING: readonly VerbName[] = ['servers.register', 'servers.probe', 'servers.refresh'];

/** True where the body is not what the document says; null where it cannot be told, since the path or query may be at fault too. */
const isWrong = ({ base, body }: Changed): boolean => bodySchema(base)?.(body ?? {}) === false;

/** How many records of a kind there are of whoever fuzzes since then; at most 500 are counted. */
const recorded = async (kind: 'administration' | 'refusal', since: number): Promise<number> =>
  (await gateway.records(`kind=${kind}&principal=${principal}&since=${since}`)).length;

it('any parameter of any verb that the document has, whatever is in it, is answered with 2xx or 4xx', async () => {
  expect(new Set(bases.map(({ verb }) => verb)).size).toBe(SESSION.length);
  const any = fc.constantFrom(...bases).chain((base) => {
    const ways = [
      changedPath(base),
      changedReason(base),
      ...(verbOf(base.verb).body === null ? [] : [changedBody(base), changedBody(base)]),
    ];
    return fc.oneof(...ways);
  });
  const tally = { wrong: 0, right: 0 };
  await fc.assert(
    fc.asyncProperty(any, async (changed) => {
      const wrong = isWrong(changed);
      const same = changed.path === changed.base.path && changed.reason === null;
      if (STARTING.includes(changed.base.verb) && same && !wrong) return;
      const answer = await send(changed);
      expect(answer.status === 200 || answer.status === 201 || (answer.status >= 400 && answer.status < 500), JSON.stringify(answer)).toBe(
        true,
      );
      if (wrong && same) {
        tally.wrong += 1;
        expect([answer.status, (answer.body['error'] as JsonObject)['reason']]).toEqual([400, expect.any(String)]);
      } else tally.right += 1;
    }),
    { ...RUNS, numRuns: Math.ceil(RUNS.numRuns / 2) },
  );
  expect(tally.wrong).toBeGreaterThan(RUNS.numRuns / 40);
}, 120_000);

it('a body that the document refuses reaches no verb: nothing is recorded as done, and every refusal is recorded', async () => {
  const bodied = bases.filter((base) => bodySchema(base) !== null);
  let sent = 0;
  await new Promise((resolve) => setTimeout(resolve, 5));
  const since = Date.now();
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...bodied).chain(changedBody), async (changed) => {
      if (!isWrong(changed)) return;
      sent += 1;
      expect((await send(changed)).status).toBe(400);
    }),
    { ...RUNS, numRuns: Math.ceil(RUNS.numRuns / 2) },
  );
  expect(sent).toBeGreaterThan(RUNS.numRuns / 20);
  expect(await recorded('administration', since)).toBe(0);
  expect(await recorded('refusal', since)).toBe(Math.min(sent, 500));
}, 120_000);

it('no text of a request may hold a NUL, wherever it stands: it is refused by the place', async () => {
  const nul: readonly (readonly [VerbName, Asked])[] = [
    ['keys.create', { path: '/keys', body: { name: 'a\0b', roles: ['reader'], scopes: [{ server: '*', tool: '*' }] } }],
    ['grants.add', { path: '/grants', body: { principal: 'a\0', tool: 'one__x' } }],
    ['grants.add', { path: '/grants', body: { principal: 'a', tool: 'one__x\0' } }],
    ['policies.add', { path: '/policies', body: { text: '@id("a") permit (principal, action, resource);\0' } }],
    ['log.query', { path: '/log?principal=a%00b' }],
    ['log.query', { path: '/log?tool=%00' }],
    ['policies.explain', { path: '/reports/decision?principal=a%00&tool=x__y' }],
    ['keys.revoke', { path: '/keys/a%00/revoke' }],
    ['servers.register', { path: '/servers', body: { id: 'x', transport: { kind: 'stdio', launch: { command: 'node', args: ['\0'] } } } }],
    [
      'servers.register',
      { path: '/servers', body: { id: 'x', transport: { kind: 'stdio', launch: { command: 'node', env: { 'A\0': 'x' } } } } },
    ],
  ];
  for (const [verb, asked] of nul) {
    const base = bases.find((one) => one.verb === verb) as Base;
    const answer = await send({ base, path: asked.path, body: asked.body, reason: null });
    expect([asked.path, answer.status]).toEqual([asked.path, 400]);
    expect(JSON.stringify(answer.body)).toContain('NUL');
  }
});
