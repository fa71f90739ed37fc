import { spawn } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_TENANT } from '../../src/base/ids.ts';
import { startTestGateway, type TestGateway, toolServer, UNLIMITED } from '../scenarios/running-gateway.ts';
import { call, session } from '../scenarios/wire.ts';
import { Disk, seeded } from './disk.ts';
import { startProcess } from './gateway-process.ts';
import { type Ground, intent, journalDeps, newId, opened, prepareGround } from './journal.ts';
import { readJournal } from './read-journal.ts';

let folder: string;
let data: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-ready-'));
  data = join(folder, 'data');
});
afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

const ready = async (origin: string): Promise<string> => {
  const response = await fetch(`${origin}/readyz`);
  return `${response.status} ${await response.text()}`;
};
const READY = '200 {"status":"ready"}';
const not = (...reasons: readonly string[]): string => `503 {"status":"not ready","reasons":${JSON.stringify(reasons)}}`;

async function expectBoth(gateway: { readonly mcp: string; readonly admin: string }, said: string): Promise<void> {
  for (const origin of [new URL(gateway.mcp).origin, gateway.admin]) {
    await expect.poll(() => ready(origin), { timeout: 15_000 }).toBe(said);
    const live = await fetch(`${origin}/healthz`);
    expect([live.status, await live.text()]).toEqual([200, '{"status":"live"}']);
  }
}

const placesOf = ({ mcp, running }: TestGateway) => ({ mcp, admin: running.adminUrl });

describe('both listeners say that a call would not be taken, and why', () => {
  test('when there is no room for the journal, and take it back when there is', async () => {
    const gateway = await startTestGateway({ data, servers: [toolServer('local')] });
    await expectBoth(placesOf(gateway), READY);
    const inTheWay = join(data, 'journal', 'default', '00000002.seg.new');
    mkdirSync(join(inTheWay, 'not-empty'), { recursive: true });
    const caller = await session({ mcp: gateway.mcp, key: gateway.running.clientKey?.reveal() ?? '' });
    for (let i = 0; (await call(caller, i, 'local__echo', { text: 'x'.repeat(900_000) })).status === 200; i++) expect(i).toBeLessThan(100);
    await expectBoth(placesOf(gateway), not('audit.journal_unavailable'));
    rmSync(inTheWay, { recursive: true });
    await expectBoth(placesOf(gateway), READY);
    await gateway.stop();
  }, 60_000);

  test('when a write of the journal failed', async () => {
    const order = {
      data,
      settings: UNLIMITED,
      seed: { servers: [toolServer('local')], client: { name: 'client', roles: ['writer'] as const }, grants: [] },
    };
    const first = startProcess(folder, order);
    await first.said;
    await first.kill();
    // No file may be written beyond a megabyte: the journal's write that comes there fails.
    const limited = startProcess(folder, order, ['/bin/sh', '-c', 'ulimit -f 2048; exec "$@"', 'sh']);
    const said = await limited.said;
    if (said?.ok !== true) throw new Error(`${JSON.stringify(said)} ${limited.errors()}`);
    const caller = await session({ mcp: said.mcp, key: said.key });
    for (let i = 0; (await call(caller, i, 'local__echo', { text: 'x'.repeat(65_536) })).status === 200; i++) expect(i).toBeLessThan(400);
    await expectBoth(said, not('audit.journal_poisoned'));
    await limited.kill();
  }, 60_000);

  test('when the thread of the store has ended', async () => {
    const workers: Worker[] = [];
    const note = (message: unknown): void => void workers.push((message as { worker: Worker }).worker);
    subscribe('worker_threads', note);
    const gateway = await startTestGateway({ data });
    await workers.find((worker) => worker.threadName === 'storage')?.terminate();
    await expectBoth(placesOf(gateway), not('storage.unavailable'));
    await gateway.stop();
    unsubscribe('worker_threads', note);
  });

  test('while it is draining, although a call is still being answered', async () => {
    const gateway = await startTestGateway({ data, servers: [toolServer('local')] });
    const caller = await session({ mcp: gateway.mcp, key: gateway.running.clientKey?.reveal() ?? '' });
    const slow = call(caller, 'slow', 'local__slow', { ms: 4000 });
    await expect.poll(() => gateway.running.status().inFlight).toBe(1);
    const stopping = gateway.stop();
    expect(await ready(new URL(gateway.mcp).origin)).toBe(not('gateway.draining'));
    expect(await ready(gateway.running.adminUrl)).toBe(not('gateway.draining'));
    expect((await slow).status).toBe(200);
    await stopping;
  }, 30_000);
});

describe('an idle journal', () => {
  let ground: Ground;
  beforeEach(() => {
    ground = prepareGround();
  });
  afterEach(() => ground.clear());

  test('is found broken by a probe before any call is: the write that nobody needed fails', async () => {
    let broken = false;
    const disk = new Disk(seeded(7), { failWrite: () => (broken ? 'EIO' : null) });
    let now = 0;
    const deps = journalDeps(ground.vault, disk, '/journal');
    const room = await opened({ ...deps, clock: { now: () => Date.now(), monotonic: () => now } });
    broken = true;
    await room.probe();
    // Something became durable a moment ago: that is proof enough.
    expect(room.problem).toBeNull();
    now += 5001;
    await room.probe();
    expect(room.problem).toBe('audit.journal_poisoned');
    await room.close();
  });

  test('takes records after any number of probes, keeps its order, and is whole when it is read again', async () => {
    const disk = new Disk(seeded(8));
    let now = 0;
    const deps = { ...journalDeps(ground.vault, disk, '/journal'), clock: { now: () => Date.now(), monotonic: () => now } };
    const room = await opened(deps);
    for (let i = 0; i < 60; i++) {
      now += 5001;
      await Promise.all([room.probe(), room.probe()]);
      if (i % 3 === 0) expect((await room.append(DEFAULT_TENANT, intent(newId()))).ok).toBe(true);
      if (i % 3 === 1) await Promise.all([room.probe(), room.append(DEFAULT_TENANT, intent(newId()))]);
    }
    const verified = await room.verify(DEFAULT_TENANT);
    expect(verified.ok && [verified.value.damage, verified.value.openIntents]).toEqual([null, 40]);
    await room.close();
    const again = await opened(deps);
    const found = await again.query(DEFAULT_TENANT, { limit: 500 });
    expect(found.ok && found.value.records.filter(({ record }) => record.kind === 'intent')).toHaveLength(40);
    await again.close();
  });
});

test('`serve` says why, records it, and exits with 1 when the thread of the store has ended', async () => {
  const entry = join(import.meta.dirname, '../../src/cli/sallyport.ts');
  const preload = join(import.meta.dirname, '../fixtures/end-storage.ts');
  const child = spawn(process.execPath, ['--import', preload, entry, '--data', data, 'serve', '--port', '0'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  await once(createInterface({ input: child.stdout }), 'line');
  child.kill('SIGUSR2');
  const [code] = await Promise.race([once(child, 'exit'), wait(20_000, ['still there'])]);
  expect([code, errors]).toEqual([
    1,
    expect.stringMatching(/it cannot go on: the store's thread has ended\. It stops now; start it again\.\n {2}storage\.unavailable/),
  ]);
  const left = await readJournal(data);
  expect(left.damage).toBeNull();
  const gateway = await startTestGateway({ data });
  const actions = (await gateway.records('kind=system')).map((one) => (one['record'] as { readonly action?: string }).action);
  expect(actions).toContain('storage.lost');
  await gateway.stop();
}, 60_000);
