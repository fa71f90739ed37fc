import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VerbName } from '../../src/admin/access.ts';
import { VERBS } from '../../src/admin/routes/index.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import { startTestGateway, type TestGateway, toolServer } from '../scenarios/running-gateway.ts';
import { call, session } from '../scenarios/wire.ts';
import { SESSION, verbOf } from './session.ts';

const ACTING: readonly VerbName[] = VERBS.filter(({ method }) => method !== 'GET').map(({ name }) => name);
const CANARIES = { env: 'canary-env-51c0', header: 'canary-header-92ab', url: 'canary-url-77d1', user: 'canary-user-0e3f' };

let gateway: TestGateway;
let key: string;
let principal: string;
beforeAll(async () => {
  gateway = await startTestGateway({ servers: [toolServer('local')] });
  const made = await gateway.key({ name: 'ann of operations', roles: ['admin', 'auditor'] });
  key = made.text;
  principal = made.principal;
});
afterAll(() => gateway.stop());

interface Told {
  readonly status: number;
  readonly body: JsonObject;
}

async function ask(method: string, path: string, body?: JsonObject, why?: string): Promise<Told> {
  const ending = new AbortController();
  const response = await fetch(`${gateway.running.adminUrl}/api/v1${path}`, {
    method,
    signal: ending.signal,
    headers: {
      authorization: `Bearer ${key}`,
      ...(why === undefined ? {} : { 'sallyport-reason': encodeURIComponent(why) }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const streamed = response.headers.get('content-type') === 'application/x-ndjson';
  const answer =
    streamed || !response.headers.get('content-type')?.startsWith('application/json') ? {} : ((await response.json()) as JsonObject);
  ending.abort();
  return { status: response.status, body: answer };
}

interface Stored {
  readonly index: number;
  readonly record: JsonObject;
  readonly payload: JsonObject;
}

/** Records of an event from that index on, oldest first. */
async function recordsOf(action: string, from: number): Promise<readonly Stored[]> {
  const all = (await gateway.records()) as unknown as readonly Stored[];
  return all.filter(({ index, record }) => index >= from && record['action'] === action);
}

const nextIndex = async (): Promise<number> => (((await gateway.records()) as unknown as readonly Stored[]).at(-1)?.index ?? -1) + 1;

describe('every administrative action', () => {
  it('leaves exactly one event with what was before and after, who, why and from where; looking leaves one without a change [R2-017]', async () => {
    const answers = new Map<VerbName, Told>();
    const why = 'für den Umbau: ticket 42';
    for (const { verb, ask: next } of SESSION) {
      const from = await nextIndex();
      const { path, body } = next((name) => answers.get(name)?.body ?? {});
      answers.set(verb, await ask(verbOf(verb).method, path, body, why));
      const found = (await recordsOf(verbOf(verb).action, from)).filter(({ record }) => record['principal'] === principal);
      expect([verb, new Set(found.map(({ record }) => record['id'])).size, found.length]).toEqual([verb, 1, ACTING.includes(verb) ? 2 : 1]);
      const closing = found.at(-1);
      expect(closing).toMatchObject({
        record: { kind: 'administration', status: 'ok', via: 'api', snapshot: expect.stringMatching(/^[0-9a-f]{64}$/) },
        payload: { name: 'ann of operations', address: '127.0.0.1', purpose: why },
      });
      if (!ACTING.includes(verb)) continue;
      expect(found[0]).toMatchObject({ payload: { request: expect.anything() } });
      expect([verb, found[0]?.record['status'], closing?.record['intent']]).toEqual([verb, undefined, found[0]?.index]);
      const { before, after } = closing?.payload ?? {};
      expect([verb, before === undefined, after === undefined, JSON.stringify(before) === JSON.stringify(after)]).toEqual([
        verb,
        false,
        false,
        verb === 'servers.refresh' || verb === 'servers.probe',
      ]);
    }
  });

  it('has no secret in its records or answers, wherever one was given', async () => {
    const { user, url, env, header } = CANARIES;
    const transports = [
      { kind: 'stdio', launch: { command: '/nowhere/at/all', env: { TOKEN: env } } },
      { kind: 'streamable-http', url: `http://127.0.0.1:9/mcp?token=${url}`, headers: { authorization: `Bearer ${header}` } },
      { kind: 'streamable-http', url: `http://${user}:${user}@127.0.0.1:9/mcp` },
    ];
    const answers: string[] = [];
    for (const [index, transport] of transports.entries())
      answers.push(JSON.stringify((await ask('POST', '/servers', { id: `canary-${index}`, transport })).body));
    const written = JSON.stringify(await gateway.records()) + answers.join() + JSON.stringify(gateway.log);
    expect(written).toContain('canary-1');
    for (const canary of Object.values(CANARIES)) expect(written).not.toContain(canary);
  });

  it.each(['line\nbreak', '\u202eturned round', 'x'.repeat(501), ' '])(
    'is refused with the purpose %j, and nothing is done',
    async (why) => {
      const told = await ask('POST', '/grants', { principal: 'p', tool: 'local__read_0' }, why);
      expect([told.status, (told.body['error'] as JsonObject)['reason']]).toEqual([400, 'admin.request_invalid']);
      expect(JSON.stringify((await gateway.admin('GET', '/grants')).body)).not.toContain('local__read_0');
    },
  );
});

describe('where nothing can be recorded', () => {
  it('every action and every look is refused, and nothing has changed when it can be again [R2-060 partial: the file, direct changes of the database]', async () => {
    const made = await ask('POST', '/keys', { name: 'stays', roles: ['reader'], scopes: [{ server: '*', tool: '*' }] });
    const grant = await ask('POST', '/grants', { principal, tool: 'local__destructive_0' });
    const id = String(made.body['id']);
    const asked: Readonly<Partial<Record<VerbName, readonly [string, JsonObject?]>>> = {
      'keys.create': ['/keys', { name: 'never', roles: ['reader'], scopes: [{ server: '*', tool: '*' }] }],
      'keys.rotate': [`/keys/${id}/rotate`, { overlapMinutes: 0 }],
      'keys.revoke': [`/keys/${id}/revoke`],
      'servers.probe': ['/probes', toolServer('never')],
      'servers.register': ['/servers', toolServer('never')],
      'servers.approve': ['/servers/local/approve', { tool: 'read_0', effect: 'destructive' }],
      'servers.refresh': ['/servers/local/refresh'],
      'tenants.create': ['/tenants', { id: 'never', title: 'Never' }],
      'tenants.key': ['/tenants/driven/keys', { name: 'never', roles: ['reader'], scopes: [{ server: '*', tool: '*' }] }],
      'tenants.register': ['/tenants/driven/servers', toolServer('never')],
      'servers.label': ['/servers/local/labels', { labels: { environment: 'production' } }],
      'servers.limit': ['/servers/local/limits', { limits: { inFlight: 3 } }],
      'servers.remove': ['/servers/local'],
      'grants.add': ['/grants', { principal, tool: 'local__destructive_1' }],
      'grants.remove': [`/grants/${String(grant.body['id'])}`],
      'policies.add': ['/policies', { text: '@id("never") forbid (principal, action, resource in Server::"none");' }],
      'policies.remove': ['/policies/never'],
      'policies.replay': ['/reports/replay', { policies: '@id("never") forbid (principal, action, resource in Server::"none");' }],
      'log.digest': ['/digests', { value: 'never' }],
      'config.reload': ['/config/reload'],
      'config.revert': ['/config/revert', { version: '1' }],
      'config.accept': ['/config/accept'],
    };
    expect(Object.keys(asked).toSorted()).toEqual(ACTING.toSorted());
    const before = await stateOf();
    const inTheWay = join(gateway.data, 'journal', 'default', '00000002.seg.new');
    mkdirSync(join(inTheWay, 'not-empty'), { recursive: true });
    await fillJournal();
    for (const name of ACTING) {
      const [path, body] = asked[name] ?? ['/'];
      expect([name, (await ask(verbOf(name).method, path, body)).status]).toEqual([name, 503]);
    }
    for (const path of ['/keys', '/log', '/status', '/servers']) expect([path, (await ask('GET', path)).status]).toEqual([path, 503]);
    rmSync(inTheWay, { recursive: true });
    await expect.poll(() => gateway.running.status().journalWritable, { timeout: 10_000 }).toBe(true);
    expect(await stateOf()).toEqual(before);
  }, 60_000);
});

async function stateOf(): Promise<readonly unknown[]> {
  const seen = await Promise.all(['/servers/local', '/servers', '/grants', '/keys'].map((path) => gateway.admin('GET', path)));
  // When a key was used last is kept to the minute and changes by itself.
  return seen.map(({ body }) => JSON.stringify(body).replaceAll(/"lastUsedAt":(null|\d+)/g, ''));
}

async function fillJournal(): Promise<void> {
  const caller = await session({ mcp: gateway.mcp, key: gateway.running.clientKey?.reveal() ?? '' });
  for (let calls = 0; calls < 100; calls++)
    if ((await call(caller, calls, 'local__echo', { text: 'x'.repeat(900_000) })).status !== 200) return;
  throw new Error('the journal never filled');
}
