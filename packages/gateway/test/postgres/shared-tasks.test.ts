import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { startProcess } from '../faults/gateway-process.ts';
import { type PostgresServer, startPostgres } from '../fixtures/postgres-server.ts';
import { FORM } from '../scenarios/asked-client.ts';
import { FIXTURES, UNLIMITED } from '../scenarios/running-gateway.ts';
import { type Caller, modern, type Told } from '../scenarios/wire.ts';
import { type SharedGateway, startShared } from './two-gateways.ts';

const SLOW = 60_000;
const EXTENSION = { extensions: { 'io.modelcontextprotocol/tasks': {} }, elicitation: {} };
const effects = { run: 'read', must: 'read', never: 'read' };
const UNKNOWN = { error: { code: -32602, message: expect.stringMatching(/^Unknown task \(ref /) } };
const LOST = { error: { code: 50200, message: expect.stringMatching(/^What ran this task has ended, or runs at another gateway/) } };

let next = 0;
const tell = (caller: Caller, method: string, params: JsonObject): Promise<Told> => {
  const name = typeof params['taskId'] === 'string' ? { 'mcp-name': params['taskId'] } : {};
  return modern(caller, next++, method, { ...params, _meta: { 'io.modelcontextprotocol/clientCapabilities': EXTENSION } }, name);
};
const resultIn = ({ message }: Told): JsonObject => (message?.['result'] ?? {}) as JsonObject;
const begin = async (caller: Caller, args: JsonObject = {}, server = 'far'): Promise<string> =>
  String(resultIn(await tell(caller, 'tools/call', { name: `${server}__run`, arguments: args }))['taskId']);

describe('tasks that two gateways share (2026-07-28)', () => {
  let server: PostgresServer;
  let url: string;
  let far: ChildProcess;
  let servers: readonly JsonObject[];
  let a: SharedGateway;
  let b: SharedGateway;
  let key: string;

  beforeAll(async () => {
    far = spawn(process.execPath, [join(FIXTURES, 'task-server-http.ts')], { stdio: ['ignore', 'pipe', 'inherit'] });
    const line: Buffer = await new Promise((resolve) => far.stdout?.once('data', resolve));
    const launch = { command: process.execPath, args: [join(FIXTURES, 'task-server-stdio.ts')] };
    servers = [
      { id: 'far', transport: { kind: 'streamable-http', url: line.toString().trim() }, effects },
      { id: 'near', transport: { kind: 'stdio', launch }, effects },
    ];
    server = await startPostgres();
    url = await server.database();
    a = await startShared(url, { servers });
    b = await startShared(url, {}, a.data);
    key = (await a.key({ name: 'ann', roles: ['writer'] })).text;
  }, 120_000);
  afterAll(async () => {
    await b?.end();
    await a?.end();
    await server?.stop();
    far?.kill();
  });

  const on = ({ mcp }: SharedGateway, of = key): Caller => ({ mcp, key: of });

  test('one that a gateway began is got through the other, with its result', async () => {
    const taskId = await begin(on(a), { ms: 100 });
    await expect
      .poll(async () => resultIn(await tell(on(b), 'tasks/get', { taskId })), { timeout: 10_000 })
      .toMatchObject({ taskId, status: 'completed', result: { structuredContent: { n: 2 } } });
    expect(resultIn(await tell(on(a), 'tasks/get', { taskId }))).toMatchObject({ status: 'completed' });
  });

  test('one that a gateway began is cancelled through the other, and each request is recorded with the call as its parent', async () => {
    const taskId = await begin(on(a));
    expect(resultIn(await tell(on(b), 'tasks/cancel', { taskId }))).toEqual({ resultType: 'complete' });
    expect(resultIn(await tell(on(a), 'tasks/get', { taskId }))).toMatchObject({ status: 'cancelled' });
    const rows = (await b.records('server=far')).slice(-6).map((row) => row['record'] as JsonObject);
    const [call, , cancel, , get] = rows;
    expect([cancel?.['method'], get?.['method']]).toEqual(['tasks/cancel', 'tasks/get']);
    expect([cancel?.['parent'], get?.['parent']]).toEqual([call?.['id'], call?.['id']]);
  });

  test('what its server asked through one gateway is answered through the other, and only by what fits', async () => {
    const inputRequests = { who: { method: 'elicitation/create', params: FORM } };
    const taskId = await begin(on(a), { status: 'input_required', inputRequests });
    expect(resultIn(await tell(on(a), 'tasks/get', { taskId }))).toMatchObject({ status: 'input_required', inputRequests });
    const answer = (name: unknown) => ({ taskId, inputResponses: { who: { action: 'accept', content: { name } } } }) as JsonObject;
    expect((await tell(on(b), 'tasks/update', answer(7))).message).toMatchObject({ error: { code: -32602 } });
    expect(resultIn(await tell(on(b), 'tasks/update', answer('Ann')))).toEqual({ resultType: 'complete' });
    expect(JSON.stringify(resultIn(await tell(on(a), 'tasks/get', { taskId })))).toContain('Ann');
  });

  test.each(['tasks/get', 'tasks/cancel', 'tasks/update'])(
    'to another principal it is unknown at both for %s, and goes on',
    async (method) => {
      const bob = (await b.key({ name: `bob ${method}`, roles: ['writer'] })).text;
      const taskId = await begin(on(a));
      const params = method === 'tasks/update' ? { taskId, inputResponses: {} } : { taskId };
      for (const gateway of [a, b]) expect((await tell(on(gateway, bob), method, params)).message).toMatchObject(UNKNOWN);
      expect(resultIn(await tell(on(b), 'tasks/get', { taskId }))).toMatchObject({ status: 'working' });
    },
  );

  test('who may no longer discover its tool does not know it, wherever it was begun', async () => {
    const narrow = await a.key({ name: 'narrow', roles: ['writer'] });
    const taskId = await begin(on(a, narrow.text));
    expect((await a.admin('POST', `/keys/${narrow.id}/revoke`)).status).toBe(200);
    await expect.poll(async () => (await tell(on(b, narrow.text), 'tasks/get', { taskId })).status, { timeout: 2000 }).toBe(401);
  });

  test('a principal has 64 over both', { timeout: SLOW }, async () => {
    const many = (await a.key({ name: 'many', roles: ['writer'] })).text;
    for (let i = 0; i < 64; i++) expect(await begin(on(i % 2 === 0 ? a : b, many))).toMatch(/^[\w-]{43}$/);
    for (const gateway of [a, b])
      expect((await tell(on(gateway, many), 'tools/call', { name: 'far__run', arguments: {} })).body).toContain('Too many tasks');
  });

  test('it ends with its time to live at both', async () => {
    const taskId = await begin(on(a), { ttl: 300 });
    for (const gateway of [a, b])
      await expect.poll(async () => (await tell(on(gateway), 'tasks/get', { taskId })).message, { timeout: 5000 }).toMatchObject(UNKNOWN);
  });

  test("one that runs in a process of the other gateway is told to be there, and is never another caller's of the same id", async () => {
    const bob = (await b.key({ name: 'bob near', roles: ['writer'] })).text;
    const taskId = await begin(on(a), {}, 'near');
    const his = await begin(on(b, bob), { ms: 1 }, 'near');
    for (const method of ['tasks/get', 'tasks/cancel']) expect((await tell(on(b), method, { taskId })).message).toMatchObject(LOST);
    expect((await b.records('kind=outcome')).at(-1)).toMatchObject({ record: { status: 'refused', reason: 'gateway.task_lost' } });
    expect(resultIn(await tell(on(a), 'tasks/get', { taskId }))).toMatchObject({ status: 'working' });
    expect(resultIn(await tell(on(b, bob), 'tasks/get', { taskId: his }))['status']).not.toBe('cancelled');
  });

  test('a gateway is killed: what runs elsewhere is got through the other, what ran in it is told to be lost, and nobody waits', {
    timeout: SLOW,
  }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-shared-tasks-'));
    const data = join(folder, 'c');
    mkdirSync(data, { mode: 0o700 });
    for (const name of ['keys', 'admin.key', 'client.key', 'planted']) cpSync(join(a.data, name), join(data, name));
    const seed = { servers: [], client: { name: 'client', roles: ['writer' as const] }, grants: [] };
    const killed = startProcess(folder, { data, settings: UNLIMITED, seed, postgres: url });
    const said = await killed.said;
    if (said?.ok !== true) throw new Error(`it did not start: ${JSON.stringify(said)} ${killed.errors()}`);
    const caller = { mcp: said.mcp, key };
    const [elsewhere, inside] = [await begin(caller), await begin(caller, {}, 'near')];
    await killed.kill();
    const began = Date.now();
    expect(resultIn(await tell(on(b), 'tasks/get', { taskId: elsewhere }))).toMatchObject({ status: 'working' });
    expect((await tell(on(b), 'tasks/get', { taskId: inside })).message).toMatchObject(LOST);
    expect(Date.now() - began).toBeLessThan(5000);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  test('the database holds neither their ids nor what they were begun with', async () => {
    const taskId = await begin(on(a), { note: 'a-secret-4711' });
    const client = new pg.Client(url);
    await client.connect();
    const { rows } = await client.query<{ row: string }>('select t::text as row from gateway_task t');
    await client.end();
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.filter(({ row }) => row.includes(taskId) || row.includes('a-secret-4711') || row.includes('far__run'))).toEqual([]);
  });
});
