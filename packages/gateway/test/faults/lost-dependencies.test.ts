import { execFileSync } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { FIXTURES, startTestGateway, type TestGateway, toolServer, UNLIMITED } from '../scenarios/running-gateway.ts';
import { type Caller, call, modern, session, textOf } from '../scenarios/wire.ts';
import { type GatewayProcess, type Said, startProcess } from './gateway-process.ts';
import { readJournal } from './read-journal.ts';

// Each test takes one thing away from a whole gateway while it works.
let folder: string;
let data: string;
let witness: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-lost-'));
  data = join(folder, 'data');
  witness = join(folder, 'calls.log');
});
afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

const forwarded = (): readonly string[] =>
  existsSync(witness)
    ? readFileSync(witness, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => String((JSON.parse(line) as { arguments: { text: string } }).arguments.text))
    : [];

const NOT_RECORDED = /journal cannot be written.*Nothing was forwarded/;
const WITHHELD = /forwarded, but its outcome could not be recorded/;

/** Calls until one is refused; the answer of that one. */
async function untilRefused(
  caller: Caller,
  bytes: number,
): Promise<{ readonly status: number; readonly text: string; readonly calls: number }> {
  for (let calls = 0; calls < 400; calls++) {
    const told = await call(caller, calls, 'local__echo', { text: `fill ${calls} ${'x'.repeat(bytes)}` });
    if (told.status !== 200) return { status: told.status, text: textOf(told), calls };
  }
  throw new Error('nothing was refused');
}

async function expectAllRefused(caller: Caller): Promise<void> {
  for (let i = 0; i < 10; i++) {
    const began = performance.now();
    const told = await call(caller, `after ${i}`, 'local__echo', { text: `after ${i}` });
    expect([told.status, textOf(told)]).toEqual([503, expect.stringMatching(NOT_RECORDED)]);
    expect(performance.now() - began).toBeLessThan(1000);
  }
  expect((await modern(caller, 'list', 'tools/list')).status).toBe(503);
  expect(forwarded().filter((text) => text.startsWith('after'))).toEqual([]);
}

describe('the disk of the journal', () => {
  const order = () => ({
    data,
    settings: UNLIMITED,
    seed: { servers: [toolServer('local', { callLog: witness })], client: { name: 'client', roles: ['writer'] as const }, grants: [] },
  });
  // No file may grow, or be written, beyond a megabyte or two: the write that comes there fails, whoever runs the test.
  const LIMITED = ['/bin/sh', '-c', 'ulimit -f 2048; exec "$@"', 'sh'];

  async function begin(prefix: readonly string[]): Promise<{ readonly process: GatewayProcess; readonly said: Said & { ok: true } }> {
    const process = startProcess(folder, order(), prefix);
    const said = await process.said;
    if (said?.ok !== true) throw new Error(`${JSON.stringify(said)} ${process.errors()}`);
    return { process, said };
  }

  test('fails a write: every call is refused within a second and none is forwarded, until a restart finds every record again', async () => {
    await (await begin([])).process.kill();
    const { process, said } = await begin(LIMITED);
    const caller = await session({ mcp: said.mcp, key: said.key });
    const first = await untilRefused(caller, 64 * 1024);
    expect([first.status, first.text]).toEqual([503, expect.stringMatching(new RegExp(`${NOT_RECORDED.source}|${WITHHELD.source}`))]);
    await expectAllRefused(caller);
    await process.kill();

    const left = await readJournal(data);
    expect(left.damage).toBeNull();
    expect(forwarded().filter((text) => !left.calls.has(text))).toEqual([]);
    const again = await begin([]);
    const told = await call(await session({ mcp: again.said.mcp, key: again.said.key }), 1, 'local__echo', { text: 'again' });
    expect(textOf(told)).toContain('again');
    await again.process.kill();
    const found = await readJournal(data);
    expect([found.damage, found.open.size, found.calls.get('again')]).toEqual([null, 0, 'ok']);
    expect([...left.calls].filter(([text, status]) => status === 'ok' && found.calls.get(text) !== 'ok')).toEqual([]);
  }, 60_000);

  test('has no room for the next segment: calls are refused, and go on by themselves once there is room', async () => {
    const gateway = await startTestGateway({ data, servers: [toolServer('local', { callLog: witness })] });
    // What stands where the next segment would be made keeps it from being made, for root too.
    const inTheWay = join(data, 'journal', 'default', '00000002.seg.new');
    mkdirSync(join(inTheWay, 'not-empty'), { recursive: true });
    const caller = await session({ mcp: gateway.mcp, key: gateway.running.clientKey?.reveal() ?? '' });
    await untilRefused(caller, 900_000);
    expect(gateway.running.status().journalWritable).toBe(false);
    await expectAllRefused(caller);
    rmSync(inTheWay, { recursive: true });
    await expect.poll(() => gateway.running.status().journalWritable, { timeout: 5000 }).toBe(true);
    expect(textOf(await call(caller, 'room', 'local__echo', { text: 'there is room' }))).toContain('there is room');
    await gateway.stop();
    const found = await readJournal(data);
    expect([found.damage, found.calls.get('there is room')]).toEqual([null, 'ok']);
    expect(forwarded().filter((text) => !found.calls.has(text))).toEqual([]);
  }, 60_000);
});

describe('threads and processes of the gateway', () => {
  const workers: Worker[] = [];
  const note = (message: unknown): void => void workers.push((message as { worker: Worker }).worker);
  let gateway: TestGateway;
  let caller: Caller;
  beforeEach(async () => {
    workers.length = 0;
    subscribe('worker_threads', note);
    gateway = await startTestGateway({ data, servers: [toolServer('local', { callLog: witness }), SLOW_SCHEMA] });
    caller = await session({ mcp: gateway.mcp, key: gateway.running.clientKey?.reveal() ?? '' });
    await call(caller, 'first', 'local__echo', { text: 'first' });
  });
  afterEach(async () => {
    await gateway.stop();
    unsubscribe('worker_threads', note);
  });

  test('the store ends: keys that were not seen and every change are refused as unavailable, and a restart has everything', async () => {
    const { text: unseen } = await gateway.key({ name: 'unseen', roles: ['writer'] });
    await workers.find((worker) => worker.threadName === 'storage')?.terminate();
    const told = await modern({ mcp: gateway.mcp, key: unseen }, 1, 'tools/call', { name: 'local__echo', arguments: { text: 'unseen' } });
    expect([told.status, textOf(told)]).toEqual([503, expect.stringMatching(/state of the gateway cannot be read|Keys cannot be checked/)]);
    const made = await gateway.admin('POST', '/keys', { name: 'another', roles: ['reader'], scopes: [{ server: '*', tool: '*' }] });
    expect(made).toMatchObject({ status: 503, body: { error: { reason: 'storage.unavailable' } } });
    expect(forwarded()).toEqual(['first']);
    // Nothing about this key can have changed: a change needs the store too.
    expect(textOf(await call(caller, 'known', 'local__echo', { text: 'known' }))).toContain('known');
    await gateway.stop();
    gateway = await startTestGateway({ data });
    expect(
      textOf(await modern({ mcp: gateway.mcp, key: unseen }, 1, 'tools/call', { name: 'local__echo', arguments: { text: 'back' } })),
    ).toContain('back');
  });

  test('validation runs out of time: the call is refused, others are answered meanwhile, and nothing is forwarded', async () => {
    const bomb = call(caller, 'bomb', 'slow-schema__call', { text: `${'a'.repeat(200)}!` });
    let isSettled = false;
    void bomb.then(() => {
      isSettled = true;
    });
    expect(textOf(await call(caller, 'beside', 'local__echo', { text: 'beside' }))).toContain('beside');
    expect(isSettled).toBe(false);
    expect(textOf(await bomb)).toMatch(/could not be checked in time/);
    expect((await gateway.records('server=slow-schema')).at(-1)).toMatchObject({
      record: { kind: 'refusal', reason: 'registry.validation_too_slow' },
    });
    expect(textOf(await call(caller, 'fits', 'slow-schema__call', { text: 'aaa' }))).toContain('validated');
  });

  test('the thread that validates is killed: the call is refused, and the next one gets a new thread', async () => {
    expect(textOf(await call(caller, 'warm', 'slow-schema__call', { text: 'aaa' }))).toContain('validated');
    const bomb = call(caller, 'bomb', 'slow-schema__call', { text: `${'a'.repeat(200)}!` });
    await new Promise((resolve) => setTimeout(resolve, 100));
    await Promise.all(workers.filter((worker) => worker.threadName !== 'storage').map((worker) => worker.terminate()));
    expect(textOf(await bomb)).toMatch(/could not be checked in time/);
    expect(textOf(await call(caller, 'fits', 'slow-schema__call', { text: 'aaa' }))).toContain('validated');
  });

  test('the reaper is killed: no server is started without one, and soon there is another', async () => {
    const reapers = () => childrenOf(process.pid).filter((row) => row.args.includes('groups='));
    const [old] = reapers();
    process.kill(old?.pid ?? 0, 'SIGKILL');
    const inside = await session(caller);
    // Either before the new one is there, which is refused, or after it; never without one.
    const told = textOf(await call(inside, 1, 'local__echo', { text: 'without' }));
    expect(told).toMatch(/did not start|without/);
    await expect.poll(() => reapers().some((row) => row.pid !== old?.pid), { timeout: 5000 }).toBe(true);
    expect(textOf(await call(caller, 2, 'local__echo', { text: 'still here' }))).toContain('still here');
    expect(textOf(await call(await session(caller), 3, 'local__echo', { text: 'another' }))).toContain('another');
  });
});

const SLOW_SCHEMA: JsonObject = {
  id: 'slow-schema',
  transport: { kind: 'stdio', launch: { command: process.execPath, args: [join(FIXTURES, 'hostile-stdio.ts'), 'slow-schema'] } },
  effects: { call: 'read' },
};

function childrenOf(parent: number): readonly { readonly pid: number; readonly args: string }[] {
  return execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((row) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(row))
    .flatMap((row) => (Number(row?.[2]) === parent ? [{ pid: Number(row?.[1]), args: row?.[3] ?? '' }] : []));
}
