import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import { SYSTEM_EVENTS } from '../../src/main/system-events.ts';
import { startProcess } from '../faults/gateway-process.ts';
import { FIXTURES, startTestGateway, type TestGateway, toolServer, UNLIMITED } from './running-gateway.ts';
import { call, modern, session } from './wire.ts';

let folder: string;
let data: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-events-'));
  data = join(folder, 'data');
});
afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

interface Found {
  readonly action: string;
  readonly object: string | null;
  readonly status: string;
  readonly payload: JsonObject;
}

async function eventsOf(gateway: TestGateway): Promise<readonly Found[]> {
  const records = (await gateway.records('kind=system')) as unknown as readonly {
    readonly record: JsonObject;
    readonly payload: JsonObject;
  }[];
  return records.map(({ record, payload }) => ({
    action: String(record['action']),
    object: record['object'] === undefined ? null : String(record['object']),
    status: String(record['status']),
    payload,
  }));
}

const until = async (gateway: TestGateway, action: string, object: string | null = null): Promise<Found> => {
  let found: Found | undefined;
  await expect
    .poll(
      async () => {
        found = (await eventsOf(gateway)).findLast((one) => one.action === action && (object === null || one.object === object));
        return found?.action;
      },
      { timeout: 15_000 },
    )
    .toBe(action);
  return found as Found;
};

/** A server whose program can be taken away and put back. */
function frailServer(): { readonly registration: JsonObject; readonly breakIt: () => void; readonly mendIt: () => void } {
  const script = join(folder, 'frail.mjs');
  const server = JSON.stringify(join(FIXTURES, 'tool-server-stdio.ts'));
  writeFileSync(script, `process.argv = [process.argv[0], ${server}, '--tools', 'read:1'];\nawait import(${server});\n`);
  const launch = { command: process.execPath, args: [script] };
  return {
    registration: { id: 'frail', transport: { kind: 'stdio', launch }, effects: { echo: 'read' } },
    breakIt: () => renameSync(script, `${script}.away`),
    mendIt: () => renameSync(`${script}.away`, script),
  };
}

const keyOf = (gateway: TestGateway): string => gateway.running.clientKey?.reveal() ?? '';

describe('what the gateway records of itself', () => {
  it('has each event with its type: start, keys, tables, state, servers, a clock that was set, a journal that failed, errors, the end [R0-24]', async () => {
    const frail = frailServer();
    let ahead = 0;
    const clock = { now: () => systemClock.now() + ahead, monotonic: systemClock.monotonic };
    const gateway = await startTestGateway({ data, servers: [toolServer('local'), frail.registration], start: { clock } });
    const first = (await eventsOf(gateway)).map(({ action }) => action);
    for (const action of [
      'vault.unsealed',
      'storage.migrated',
      'gateway.started',
      'identity.key.created',
      'registry.server.registered',
      'config.snapshot.applied',
    ])
      expect(first).toContain(action);
    expect(first).not.toContain('gateway.stopped_uncleanly');
    expect((await eventsOf(gateway)).filter(({ action }) => action === 'storage.migrated').map(({ object }) => object)).toEqual(
      expect.arrayContaining(['identity', 'policy', 'registry']),
    );

    const inside = { mcp: gateway.mcp, key: keyOf(gateway) };
    const working = await session(inside);
    await call(working, 1, 'frail__echo', { text: 'x' });
    await until(gateway, 'gateway.upstream.ready', 'frail');
    await fetch(gateway.mcp, { method: 'DELETE', headers: { authorization: `Bearer ${inside.key}`, ...working.headers } });
    await until(gateway, 'gateway.upstream.idle', 'frail');
    frail.breakIt();
    await call(await session(inside), 2, 'frail__echo', { text: 'x' });
    const failing = await until(gateway, 'gateway.upstream.failing', 'frail');
    expect(failing.payload).toMatchObject({ era: 'legacy' });
    frail.mendIt();

    ahead = 600_000;
    const jumped = await until(gateway, 'gateway.clock_jumped');
    expect(Math.abs(Number(jumped.payload['milliseconds']) - 600_000)).toBeLessThan(2000);
    ahead = 0;
    await expect
      .poll(async () => (await eventsOf(gateway)).filter(({ action }) => action === 'gateway.clock_jumped').length, { timeout: 10_000 })
      .toBe(2);

    const log = join(data, 'journal', 'default');
    const next = Math.max(...readdirSync(log).map((name) => Number.parseInt(name, 10))) + 1;
    const inTheWay = join(log, `${String(next).padStart(8, '0')}.seg.new`);
    mkdirSync(join(inTheWay, 'not-empty'), { recursive: true });
    const caller = await session(inside);
    for (let i = 0; (await call(caller, i, 'local__echo', { text: 'x'.repeat(900_000) })).status === 200; i++) expect(i).toBeLessThan(100);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    rmSync(inTheWay, { recursive: true });
    const recovered = await until(gateway, 'audit.journal.recovered');
    expect(recovered.payload).toMatchObject({ reason: 'audit.journal_unavailable', refused: expect.any(Number) });
    expect(Number(recovered.payload['refused'])).toBeGreaterThan(0);

    await fetch(`${gateway.mcp}?api_key=${keyOf(gateway)}`, { method: 'POST' });
    await until(gateway, 'identity.key.disclosed');
    await gateway.stop();

    const again = await startTestGateway({ data });
    const all = await eventsOf(again);
    expect(
      all.filter(({ action }) => action === 'vault.sealed' || action === 'gateway.stopped').map(({ action, status }) => [action, status]),
    ).toEqual([
      ['vault.sealed', 'ok'],
      ['gateway.stopped', 'ok'],
    ]);
    expect(all.map(({ action }) => action)).not.toContain('gateway.stopped_uncleanly');
    for (const { action } of all) if (action !== 'audit.journal.opened') expect(Object.keys(SYSTEM_EVENTS)).toContain(action);
    await again.stop();
  }, 90_000);

  it('says at the next start that the run before was killed, and since when it had run', async () => {
    const child = startProcess(folder, {
      data,
      settings: UNLIMITED,
      seed: { servers: [], client: { name: 'client', roles: ['writer'] }, grants: [] },
    });
    const said = await child.said;
    expect(said?.ok).toBe(true);
    await child.kill();
    const gateway = await startTestGateway({ data });
    const found = await until(gateway, 'gateway.stopped_uncleanly');
    expect([found.status, Date.now() - Date.parse(String(found.payload['began'])) < 60_000]).toEqual(['error', true]);
    const order = (await eventsOf(gateway)).map(({ action }) => action);
    expect(order.lastIndexOf('gateway.stopped_uncleanly')).toBeLessThan(order.lastIndexOf('gateway.started'));
    await gateway.stop();
    expect(existsSync(join(data, 'running'))).toBe(false);
    const after = await startTestGateway({ data });
    expect((await eventsOf(after)).filter(({ action }) => action === 'gateway.stopped_uncleanly')).toHaveLength(1);
    await after.stop();
  }, 60_000);

  it('records errors that nobody asked for by name, and the loss of the store', async () => {
    const workers: Worker[] = [];
    const note = (message: unknown): void => void workers.push((message as { worker: Worker }).worker);
    subscribe('worker_threads', note);
    const gateway = await startTestGateway({ data });
    await workers.find((worker) => worker.threadName === 'storage')?.terminate();
    unsubscribe('worker_threads', note);
    await modern({ mcp: gateway.mcp, key: keyOf(gateway) }, 1, 'tools/list');
    await gateway.stop();
    const again = await startTestGateway({ data });
    const events = await eventsOf(again);
    expect(events.find(({ action }) => action === 'storage.lost')).toMatchObject({
      status: 'error',
      payload: { why: "the store's thread has ended" },
    });
    expect(events.find(({ action }) => action === 'gateway.error')).toMatchObject({ object: 'storage.unavailable', status: 'error' });
    await again.stop();
  }, 30_000);

  it('says of a start that failed why it did not come to listen, and of the next that nothing was unclean', async () => {
    const running = await startTestGateway({ data: join(folder, 'other') });
    const port = Number(new URL(running.mcp).port);
    await expect(startTestGateway({ data, start: { port } })).rejects.toThrow('http.listen_failed');
    await running.stop();
    const gateway = await startTestGateway({ data });
    const events = await eventsOf(gateway);
    expect(events.find(({ action }) => action === 'gateway.stopped')).toMatchObject({
      status: 'error',
      payload: { failed: 'http.listen_failed' },
    });
    expect(events.map(({ action }) => action)).not.toContain('gateway.stopped_uncleanly');
    await gateway.stop();
  }, 30_000);
});
