import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { Seed, StartOptions } from '../../src/contracts/running.ts';
import { startTestGateway, type TestGateway, toolServer } from './running-gateway.ts';
import { SDK_CLIENTS } from './sdk-client.ts';

let data: string;
let callLog: string;
let gateway: TestGateway | null = null;
let lines: string[] = [];

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'sallyport-second-'));
  callLog = join(data, 'calls.log');
  lines = [];
});
afterEach(async () => {
  await gateway?.stop();
  gateway = null;
  rmSync(data, { recursive: true, force: true });
});

const seedOf = (more: Partial<Seed> = {}): Seed => ({
  servers: [toolServer('tools', { callLog })],
  client: { name: 'demo-key', roles: ['writer'] },
  grants: ['tools__destructive_0'],
  samples: [{ path: join(data, 'sample', 'notes.md'), text: 'as shipped\n' }],
  ...more,
});

async function start(seed: Seed, more: Partial<StartOptions> = {}): Promise<TestGateway> {
  gateway = await startTestGateway({ data, start: { seed, progress: (line) => void lines.push(line), ...more } });
  return gateway;
}

async function stop(): Promise<void> {
  await gateway?.stop();
  gateway = null;
}

const keyOf = (one: TestGateway): string => one.running.clientKey?.reveal() ?? '';
const portOf = (one: TestGateway): number => Number(new URL(one.mcp).port);
const items = async (path: string): Promise<readonly JsonObject[]> =>
  (await gateway?.admin('GET', path))?.body['items'] as readonly JsonObject[];

const callBoth = async (mcp: string, key: string): Promise<readonly boolean[]> => {
  const errors: boolean[] = [];
  for (const name of ['client 2.4.0 legacy', 'client 2.4.0 pinned to 2026-07-28'] as const) {
    const client = await SDK_CLIENTS[name]({ mcp, key });
    errors.push((await client.call('tools__destructive_0', { text: name })).isError);
    await client.end();
  }
  return errors;
};

describe('the second start', () => {
  it('serves what was pasted into a client: the same key at the same address', async () => {
    const first = await start(seedOf());
    const pasted = { mcp: first.mcp, key: keyOf(first) };
    expect(first.running.firstRun).toBe(true);
    expect(await callBoth(pasted.mcp, pasted.key)).toEqual([false, false]);
    await stop();
    const second = await start(seedOf(), { port: portOf(first) });
    expect([second.running.firstRun, second.mcp, keyOf(second)]).toEqual([false, pasted.mcp, pasted.key]);
    expect(await callBoth(pasted.mcp, pasted.key)).toEqual([false, false]);
  });

  it('says whose key it is and what was granted to it', async () => {
    const granted = { name: 'demo-key', roles: ['writer'], grants: [{ tool: 'tools__destructive_0', effect: 'destructive' }] };
    expect((await start(seedOf())).running.client).toEqual(granted);
    await stop();
    expect((await start(seedOf())).running.client).toEqual(granted);
  });

  it('starts no server before somebody needs it', async () => {
    await start(seedOf());
    await stop();
    lines = [];
    const second = await start(seedOf());
    expect(lines).toEqual([]);
    expect(second.running.status().servers).toMatchObject([{ id: 'tools', state: 'ready' }]);
    expect(second.log.filter(({ event }) => event === 'registry.server.registered')).toEqual([]);
  });

  it('keeps a sample file as the visitor left it, and brings back one that is gone', async () => {
    const file = join(data, 'sample', 'notes.md');
    await start(seedOf());
    expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual(['as shipped\n', 0o600]);
    await stop();
    writeFileSync(file, 'mine\n');
    await start(seedOf());
    expect(readFileSync(file, 'utf8')).toBe('mine\n');
    await stop();
    rmSync(file);
    await start(seedOf());
    expect(existsSync(file)).toBe(true);
  });

  it('does not give back a grant or a server that an administrator took away', async () => {
    const first = await start(seedOf());
    const [grant] = await items('/grants');
    expect((await first.admin('DELETE', `/grants/${grant?.['id']}`)).status).toBe(200);
    expect((await first.admin('DELETE', '/servers/tools')).status).toBe(200);
    await stop();
    const second = await start(seedOf());
    expect([await items('/grants'), await items('/servers')]).toEqual([[], []]);
    expect(second.running.client?.grants).toEqual([]);
  });

  it('keeps the log of the first', async () => {
    await start(seedOf());
    await stop();
    const second = await start(seedOf());
    const actions = (await second.records('kind=system')).map(({ record }) => (record as JsonObject)['action']);
    expect(actions.filter((action) => action === 'gateway.started')).toHaveLength(2);
    expect(actions).toContain('gateway.stopped');
    expect((await second.admin('GET', '/log/verify')).status).toBe(200);
  });
});

const DAY_MS = 86_400_000;

describe('a key that is kept', () => {
  it('is replaced a week before its end; the one that was pasted works on for 72 hours', async () => {
    let ahead = 0;
    const clock = { now: () => Date.now() + ahead, monotonic: () => performance.now() };
    const first = await start(seedOf(), { clock, settings: {} });
    const [pasted, port, admin] = [keyOf(first), portOf(first), readFileSync(join(data, 'admin.key'), 'utf8')];
    await stop();
    ahead = 24 * DAY_MS;
    const second = await start(seedOf(), { clock, port, settings: {} });
    const fresh = keyOf(second);
    expect(fresh).not.toBe(pasted);
    expect(readFileSync(join(data, 'admin.key'), 'utf8')).not.toBe(admin);
    for (const key of [pasted, fresh]) expect(await callBoth(second.mcp, key)).toEqual([false, false]);
    ahead += 3 * DAY_MS + 1000;
    expect(await callBoth(second.mcp, fresh)).toEqual([false, false]);
    await expect(callBoth(second.mcp, pasted)).rejects.toThrow(/401|nauthorized/);
    const actions = (await second.records('kind=system')).map(({ record }) => (record as JsonObject)['action']);
    expect(actions.filter((action) => action === 'identity.key.rotated')).toHaveLength(2);
  });
});

describe('a server of the seed that cannot start', () => {
  const broken: JsonObject = { id: 'broken', transport: { kind: 'stdio', launch: { command: 'no-such-program-anywhere', args: [] } } };
  const both = () => seedOf({ servers: [broken, ...seedOf().servers] });

  it('is named with the reason, and the others serve', async () => {
    const running = await start(both());
    expect(lines.join('\n')).toMatch(/broken is left out: .*no-such-program-anywhere/);
    const failed = { id: 'broken', state: 'failed', tools: 0, note: expect.stringContaining('no-such-program-anywhere') };
    expect(running.running.status().servers).toMatchObject([{ id: 'tools', state: 'ready' }, failed]);
    expect((await running.admin('GET', '/status')).body['servers']).toMatchObject([{ id: 'tools' }, failed]);
    expect(await callBoth(running.mcp, keyOf(running))).toEqual([false, false]);
  });

  it('is tried again by the next start', async () => {
    await start(both());
    await stop();
    const mended = { ...toolServer('broken'), effects: {} };
    const second = await start(seedOf({ servers: [mended, ...seedOf().servers] }));
    expect(second.running.status().servers).toMatchObject([
      { id: 'broken', state: 'ready' },
      { id: 'tools', state: 'ready' },
    ]);
  });

  it('is no longer told as missing once an administrator has registered it', async () => {
    const running = await start(both());
    expect((await running.admin('POST', '/servers', toolServer('broken'))).status).toBe(201);
    expect(running.running.status().servers.map(({ id, state }) => [id, state])).toEqual([
      ['broken', 'ready'],
      ['tools', 'ready'],
    ]);
  });
});

it('a taken port is refused with what to do, the demo takes the next, and the directory is free again after', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const address = taken.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  await expect(start(seedOf({ servers: [] }), { port })).rejects.toThrow(/taken by another program. Choose another: --port N/);
  const lines: string[] = [];
  const next = await start(seedOf({ servers: [] }), {
    port,
    adminPort: port,
    nextFreePort: true,
    progress: (line) => void lines.push(line),
  });
  expect(portOf(next)).toBeGreaterThan(port);
  expect(lines).toHaveLength(2);
  taken.close();
  await stop();
  await start(seedOf({ servers: [] }));
});
