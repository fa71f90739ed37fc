import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../src/contracts/json.ts';
import { METHODS } from '../../src/protocol/methods.ts';
import { isRefusedOfficially, LEGACY_REVISIONS, MODERN_REVISION, type Spoken } from '../scenarios/official-messages.ts';
import { httpToolServer, startTestGateway, type TestGateway } from '../scenarios/running-gateway.ts';
import { BOTH, type Caller, session } from '../scenarios/wire.ts';
import { hostileText, hostileValue, pathsOf, RUNS, withAt } from './hostile.ts';

const META = 'io.modelcontextprotocol/';
const ENVELOPE = {
  [`${META}protocolVersion`]: MODERN_REVISION,
  [`${META}clientCapabilities`]: { extensions: { 'io.modelcontextprotocol/tasks': {} } },
  [`${META}clientInfo`]: { name: 'f', version: '1' },
};
const CLIENT = { name: 'fuzz', version: '1', title: 'Fuzz', icons: [{ src: 'https://example.com/i.png', sizes: ['48x48'] }] };

/** Right params of every method that a client may use. A method without a row fails the first test. */
const PARAMS: Readonly<Record<keyof (typeof METHODS)['client'] & string, JsonObject>> = {
  initialize: { protocolVersion: '2025-11-25', capabilities: { roots: { listChanged: true } }, clientInfo: CLIENT },
  ping: {},
  'server/discover': {},
  'tools/list': { cursor: 'c' },
  'tools/call': { name: 'one__echo', arguments: { text: 'fuzz', n: 1 }, _meta: { progressToken: 'p' } },
  'prompts/list': { cursor: 'c' },
  'prompts/get': { name: 'one__greet', arguments: { who: 'fuzz' } },
  'resources/list': { cursor: 'c' },
  'resources/templates/list': { cursor: 'c' },
  'resources/read': { uri: 'one+note://one' },
  'resources/subscribe': { uri: 'one+note://one' },
  'resources/unsubscribe': { uri: 'one+note://one' },
  'completion/complete': {
    ref: { type: 'ref/prompt', name: 'one__greet' },
    argument: { name: 'who', value: 'f' },
    context: { arguments: { a: 'b' } },
  },
  'logging/setLevel': { level: 'info' },
  'subscriptions/listen': { notifications: { toolsListChanged: true, resourceSubscriptions: ['one+note://one'] } },
  'tasks/get': { taskId: 't' },
  'tasks/result': { taskId: 't' },
  'tasks/list': { cursor: 'c' },
  'tasks/cancel': { taskId: 't' },
  'tasks/update': { taskId: 't', inputResponses: { a: { action: 'accept' } } },
  'notifications/initialized': {},
  'notifications/cancelled': { requestId: 'x', reason: 'enough' },
  'notifications/progress': { progressToken: 'p', progress: 1, total: 2, message: 'half' },
  'notifications/roots/list_changed': {},
  'notifications/tasks/status': { taskId: 't', status: 'working', createdAt: '2026-01-01T00:00:00Z', ttl: 1 },
};

interface Base {
  readonly revision: Spoken;
  readonly message: JsonObject;
}

const BASES: readonly Base[] = Object.entries(METHODS.client).flatMap(([method, plan]) =>
  plan.revisions.map((revision): Base => {
    const { context, ...old }: JsonObject = PARAMS[method] ?? {};
    // 2025-03-26 knows no context: what a client says there is read by nobody.
    const params: JsonObject = revision === '2025-03-26' || context === undefined ? old : { ...old, context };
    const full =
      revision === MODERN_REVISION && plan.kind === 'request'
        ? { ...params, _meta: { ...(params['_meta'] as object), ...ENVELOPE } }
        : params;
    const id: JsonObject = plan.kind === 'request' ? { id: 'f' } : {};
    return { revision, message: { jsonrpc: '2.0', ...id, method, params: full } };
  }),
);

// The server's own words of what its tool takes, held against by another validator than the gateway's.
const takes = new Ajv2020().compile({ type: 'object', properties: { text: { type: 'string' }, n: { type: 'integer' } } });

let gateway: TestGateway;
let folder = '';
let callLog = '';
const speakers = new Map<Spoken, Caller>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-fuzz-'));
  callLog = join(folder, 'calls');
  const offer = join(folder, 'offer.json');
  writeFileSync(
    offer,
    JSON.stringify({ prompts: [{ name: 'greet', arguments: [{ name: 'who' }] }], resources: [{ uri: 'note://one', name: 'one' }] }),
  );
  gateway = await startTestGateway({ servers: [httpToolServer('one', { callLog, offer, more: { sharing: 'shared' } })] });
  const key = (await gateway.key({ name: 'fuzz', roles: ['writer'] })).text;
  const caller = { mcp: gateway.mcp, key };
  for (const revision of LEGACY_REVISIONS) speakers.set(revision, await session(caller, revision));
  speakers.set(MODERN_REVISION, { ...caller, headers: { 'mcp-protocol-version': MODERN_REVISION } });
}, 60_000);
afterAll(async () => {
  await gateway.stop();
  rmSync(folder, { recursive: true, force: true });
});

const reached = (): number => (existsSync(callLog) ? statSync(callLog).size : 0);

const textAt = (value: JsonValue | undefined, key: string): string =>
  typeof value === 'object' && value !== null && typeof (value as JsonObject)[key] === 'string' ? String((value as JsonObject)[key]) : '';

/** As 2026-07-28 writes what a header cannot carry. */
const headerText = (text: string): string =>
  /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(text) ? text : `=?base64?${Buffer.from(text).toString('base64')}?=`;

/** Headers that follow the body as far as it has something to follow, so that only the body is wrong. */
function headersOf(revision: Spoken, message: JsonValue): Record<string, string> {
  if (revision !== MODERN_REVISION) return {};
  const params = (message as JsonObject | null)?.['params'];
  const name = textAt(params, 'name') || textAt(params, 'uri') || textAt(params, 'taskId');
  const method = textAt(message, 'method');
  return { ...(method === '' ? {} : { 'mcp-method': headerText(method) }), ...(name === '' ? {} : { 'mcp-name': headerText(name) }) };
}

interface Answered {
  readonly status: number;
  /** Of the JSON-RPC error; 0 where there is none, or where the answer is a stream that goes on. */
  readonly code: number;
}

async function send(revision: Spoken, body: string, more: Readonly<Record<string, string>>): Promise<Answered> {
  const caller = speakers.get(revision) as Caller;
  const ending = new AbortController();
  const response = await fetch(caller.mcp, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: BOTH, authorization: `Bearer ${caller.key}`, ...caller.headers, ...more },
    body,
    signal: AbortSignal.any([ending.signal, AbortSignal.timeout(20_000)]),
  });
  if ((response.headers.get('content-type') ?? '').startsWith('text/event-stream')) {
    ending.abort();
    return { status: response.status, code: 0 };
  }
  const text = await response.text();
  return { status: response.status, code: Number(/"error":\{"code":(-?\d+)/.exec(text)?.[1] ?? 0) };
}

/** Refused by the official schema, or by what the tool's own says of its arguments. */
function isInvalid({ revision, message }: Base): boolean {
  if (isRefusedOfficially(revision, message)) return true;
  const { method, params } = message;
  return method === 'tools/call' && textAt(params, 'name') === 'one__echo' && !takes((params as JsonObject)['arguments'] ?? {});
}

const GOOD = new Set([200, 202]);
const isAnswered = ({ status, code }: Answered): boolean =>
  (GOOD.has(status) || (status >= 400 && status < 500)) && !(code === -32603 || (code >= 50_000 && code < 60_000));

it('a right message of each method and revision is answered, so that what follows differs from one in one place', async () => {
  expect(Object.keys(PARAMS).toSorted()).toEqual(Object.keys(METHODS.client).toSorted());
  const wrong: string[] = [];
  for (const { revision, message } of BASES) {
    const answer = await send(revision, JSON.stringify(message), headersOf(revision, message));
    if (!isAnswered(answer)) wrong.push(`${revision} ${String(message['method'])}: ${JSON.stringify(answer)}`);
  }
  expect(wrong).toEqual([]);
  expect(reached()).toBeGreaterThan(0);
}, 60_000);

it('any parameter of any method in any revision, whatever is in it, is answered with 2xx or 4xx, and what is invalid reaches no server', async () => {
  const place = fc
    .constantFrom(...BASES)
    .chain((base) => fc.tuple(fc.constant(base), fc.constantFrom(...pathsOf(base.message)), hostileValue));
  let invalid = 0;
  await fc.assert(
    fc.asyncProperty(place, async ([{ revision, message }, path, put]) => {
      const changed = withAt(message, path, put) as JsonObject;
      const before = reached();
      const answer = await send(revision, JSON.stringify(changed), headersOf(revision, changed));
      expect(isAnswered(answer), `${path.join('.')}: ${JSON.stringify(answer)}`).toBe(true);
      if (!isInvalid({ revision, message: changed })) return;
      invalid += 1;
      expect(reached() - before).toBe(0);
    }),
    RUNS,
  );
  // What the validators agree is wrong is a good part of what was sent, or the counter proves nothing.
  expect(invalid).toBeGreaterThan(RUNS.numRuns / 5);
}, 120_000);

const HEADERS = [
  'mcp-protocol-version',
  'mcp-session-id',
  'mcp-method',
  'mcp-name',
  'accept',
  'content-type',
  'authorization',
  'last-event-id',
  'origin',
  'traceparent',
  'baggage',
  'idempotency-key',
];

it('any header of a call, whatever a client can put into it, is answered with 2xx or 4xx', async () => {
  const calls = BASES.filter(({ message }) => message['method'] === 'tools/call');
  // What the client's own HTTP library would refuse to send is not in it.
  const written = hostileText.map((text) =>
    [...text]
      .filter((char) => /[\t\x20-\x7e\xa0-\xff]/.test(char))
      .join('')
      .slice(0, 4000)
      .trim(),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...calls), fc.constantFrom(...HEADERS), written, async ({ revision, message }, name, value) => {
      const answer = await send(revision, JSON.stringify(message), { ...headersOf(revision, message), [name]: value });
      expect(isAnswered(answer), JSON.stringify(answer)).toBe(true);
    }),
    { ...RUNS, numRuns: Math.ceil(RUNS.numRuns / 3) },
  );
}, 60_000);
