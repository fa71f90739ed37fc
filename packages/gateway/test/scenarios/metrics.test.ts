import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { startTestGateway, type TestGateway, toolServer } from './running-gateway.ts';
import { type Caller, call, session } from './wire.ts';

let gateway: TestGateway;
let scraper: string;
let caller: Caller;

beforeAll(async () => {
  gateway = await startTestGateway({ servers: [toolServer('local'), toolServer('other')] });
  scraper = (await gateway.key({ name: 'prometheus', roles: ['monitor'] })).text;
  caller = await session({ mcp: gateway.mcp, key: gateway.running.clientKey?.reveal() ?? '' });
});
afterAll(() => gateway.stop());

const scrape = (key = scraper): Promise<Response> =>
  fetch(`${gateway.running.adminUrl}/metrics`, { headers: { authorization: `Bearer ${key}` } });

const SAMPLE = /^([a-z_:][a-z0-9_:]*)(?:\{((?:[a-z_]+="(?:[^"\\]|\\.)*",?)*)\})? (\S+)$/i;

/** Samples by `name{labels}`, read by the grammar of the format and not by the library that wrote them. */
async function samples(): Promise<ReadonlyMap<string, number>> {
  const read = new Map<string, number>();
  for (const line of (await (await scrape()).text()).split('\n')) {
    if (line === '' || line.startsWith('# ')) continue;
    const [, name, labels, value] = SAMPLE.exec(line) ?? [];
    if (name === undefined || value === undefined || Number.isNaN(Number(value.replace('+Inf', 'Infinity'))))
      throw new Error(`no sample: ${line}`);
    read.set(labels === undefined ? name : `${name}{${labels}}`, Number(value));
  }
  return read;
}

const sum = (read: ReadonlyMap<string, number>, start: string): number =>
  [...read].filter(([name]) => name.startsWith(start)).reduce((total, [, value]) => total + value, 0);

describe('the metrics', () => {
  it('are for keys that may read them: a monitor reads nothing else, a client reads no metrics', async () => {
    const answer = await scrape();
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    for (const path of ['/api/v1/log', '/api/v1/status', '/api/v1/keys', '/api/v1/openapi.json']) {
      const refused = await fetch(gateway.running.adminUrl + path, { headers: { authorization: `Bearer ${scraper}` } });
      expect([path, refused.status]).toEqual([path, 403]);
    }
    expect((await scrape(caller.key)).status).toBe(403);
    expect((await scrape('sp_nothing')).status).toBe(401);
    const tools = await fetch(gateway.mcp, {
      method: 'POST',
      headers: { authorization: `Bearer ${scraper}`, 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{}}}',
    });
    expect(await tools.text()).not.toContain('local__');
  });

  it('count what the log says: calls by server and end, refusals by reason, guards, decisions, commits', async () => {
    const before = await samples();
    for (let i = 0; i < 7; i++) await call(caller, `ok ${i}`, 'local__echo', { text: 'x' });
    for (let i = 0; i < 3; i++) await call(caller, `denied ${i}`, 'local__destructive_0', {});
    for (let i = 0; i < 2; i++) await call(caller, `unknown ${i}`, 'local__no_such', {});
    const after = await samples();
    const grown = (name: string): number => (after.get(name) ?? 0) - (before.get(name) ?? 0);
    expect(grown('sallyport_server_calls_total{server="local",status="ok"}')).toBe(7);
    expect(grown('sallyport_server_call_duration_seconds_count{server="local"}')).toBe(7);
    expect(grown('sallyport_server_call_duration_seconds_bucket{server="local",le="+Inf"}')).toBe(7);
    expect(grown('sallyport_gateway_refusals_total{reason="gateway.hidden_tool"}')).toBe(3);
    expect(grown('sallyport_gateway_refusals_total{reason="gateway.unknown_tool"}')).toBe(2);
    expect(grown('sallyport_policy_decisions_total{effect="deny"}')).toBe(3);
    expect(grown('sallyport_policy_decisions_total{effect="allow"}')).toBe(7);
    expect(grown('sallyport_gateway_requests_total{method="tools/call"}')).toBe(12);
    expect(grown('sallyport_gateway_guard_duration_seconds_count{guard="authorize"}')).toBe(7);
    expect(grown('sallyport_gateway_guard_duration_seconds_count{guard="resolve-target"}')).toBe(12);
    expect(grown('sallyport_gateway_guard_denied_total{guard="resolve-target"}')).toBe(5);
    expect(grown('sallyport_gateway_exchange_duration_seconds_count{guards="denied"}')).toBe(5);
    expect(grown('sallyport_audit_records_total{kind="intent"}')).toBe(7);
    expect(grown('sallyport_audit_batch_records_sum')).toBeGreaterThanOrEqual(19);
    expect(grown('sallyport_audit_commit_duration_seconds_count')).toBeGreaterThan(0);
    expect(after.get('sallyport_audit_writable')).toBe(1);
    expect(after.get('sallyport_server_state{server="local",era="legacy",state="ready"}')).toBe(1);
    expect(after.get('sallyport_server_sessions{server="local",era="legacy"}')).toBe(1);
    expect(after.get('process_resident_memory_bytes')).toBeGreaterThan(10_000_000);
    for (const [name, value] of after)
      if (name.includes('_bucket{'))
        expect(value).toBeLessThanOrEqual(
          after.get(
            name
              .replace('_bucket{', '_count{')
              .replace(/,?le="[^"]+"/, '')
              .replace('{}', ''),
          ) ?? -1,
        );
  });

  it('have a bounded number of series, whatever 10,000 names of tools, methods and servers a client tries', async () => {
    const before = await samples();
    const names = Array.from({ length: 10_000 }, (_, i) => i);
    const ask = async (i: number): Promise<void> => {
      const method = i % 4 === 0 ? `invented/method_${i}` : 'tools/call';
      const name = i % 2 === 0 ? `local__made_up_${i}` : `server-${i}__tool`;
      const response = await fetch(i % 5 === 0 ? `${gateway.mcp}/server-${i}` : gateway.mcp, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${caller.key}`,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          ...caller.headers,
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: i, method, params: { name, arguments: {} } }),
      });
      await response.arrayBuffer();
    };
    while (names.length > 0) await Promise.all(names.splice(0, 50).map(ask));
    const after = await samples();
    expect(sum(after, 'sallyport_gateway_refusals_total') - sum(before, 'sallyport_gateway_refusals_total')).toBe(10_000);
    // A few reasons that were not met before, and nothing else.
    expect(after.size - before.size).toBeLessThan(20);
    expect(after.size).toBeLessThan(600);
    expect([...after.keys()].join('\n')).not.toMatch(/made_up|invented|server-\d/);
  }, 120_000);

  it('are recorded once an hour and reader, not each time', async () => {
    for (let i = 0; i < 5; i++) await scrape();
    const found = (await gateway.records('kind=administration')) as unknown as readonly {
      readonly record: JsonObject;
      readonly payload: JsonObject;
    }[];
    const shown = found.filter(({ record, payload }) => record['action'] === 'telemetry.metrics.shown' && payload['name'] === 'prometheus');
    expect(shown.map(({ record, payload }) => [record['status'], payload['reads']])).toEqual([['ok', 1]]);
  });

  it('are answered when nothing can be recorded, and say so', async () => {
    const log = join(gateway.data, 'journal', 'default');
    const next = Math.max(...readdirSync(log).map((name) => Number.parseInt(name, 10))) + 1;
    const inTheWay = join(log, `${String(next).padStart(8, '0')}.seg.new`);
    mkdirSync(join(inTheWay, 'not-empty'), { recursive: true });
    for (let i = 0; i < 100 && gateway.running.status().journalWritable; i++)
      await call(caller, `fill ${i}`, 'local__echo', { text: 'x'.repeat(900_000) });
    const read = await samples();
    expect(read.get('sallyport_audit_writable')).toBe(0);
    expect(sum(read, 'sallyport_audit_failures_total')).toBeGreaterThan(0);
    rmSync(inTheWay, { recursive: true });
    await expect.poll(async () => (await samples()).get('sallyport_audit_writable'), { timeout: 10_000 }).toBe(1);
  }, 60_000);
});
