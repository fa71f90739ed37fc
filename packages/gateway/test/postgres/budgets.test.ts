import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Clock } from '../../src/base/clock.ts';
import { DEFAULT_TENANT } from '../../src/base/ids.ts';
import type { Charge, Rate } from '../../src/gateway/budget.ts';
import type { OpenBudgets } from '../../src/gateway/budgets/open-budgets.ts';
import { openBudgets } from '../../src/gateway/index.ts';
import type { Postgres, Storage } from '../../src/storage/index.ts';
import { seeded } from '../faults/disk.ts';
import { type PostgresServer, startPostgres } from '../fixtures/postgres-server.ts';
import { opened } from '../fixtures/postgres-store.ts';
import { toolServer } from '../scenarios/running-gateway.ts';
import { type Caller, modern, type Told, textOf } from '../scenarios/wire.ts';
import { startShared } from './two-gateways.ts';

const GUIDE: Rate = { base: 100, burst: 20 };
const SLOW = 120_000;

/** The same store, which notes what the budgets ask of it. */
function noting(storage: Storage, asked: string[]): Storage {
  const { postgres } = storage;
  if (postgres === null) throw new Error('not on PostgreSQL');
  const apart: Postgres['apart'] = (...given) => {
    const connections = postgres.apart(...given);
    const query: typeof connections.query = (statement) => {
      asked.push(statement.name ?? '');
      return connections.query(statement);
    };
    return { query, transact: (work) => connections.transact(work), close: () => connections.close() };
  };
  return { ...storage, available: true, postgres: { ...postgres, apart } };
}

describe('budgets that two gateways share', () => {
  let server: PostgresServer;
  let url: string;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    url = await server.database();
  });

  /** A gateway's budgets on a monotonic clock that the test moves; its zero is another one in each gateway. */
  async function open(
    time: { now: number },
    zero: number,
  ): Promise<OpenBudgets & { readonly storage: Storage; readonly asked: string[]; take(who: string, rate?: Rate): Promise<Charge> }> {
    const clock: Clock = { now: () => 0, monotonic: () => time.now + zero };
    const storage = await opened(url);
    const asked: string[] = [];
    const budgets = await openBudgets(noting(storage, asked), clock, { tenant: DEFAULT_TENANT, name: 'test' });
    if (!budgets.ok) throw new Error(budgets.detail);
    const { value } = budgets;
    return {
      ...value,
      storage,
      asked,
      take: async (who, rate = GUIDE) => {
        const taken = await value.budgets?.take(who, rate);
        if (taken === undefined) throw new Error('no budgets');
        if (!('ok' in taken)) return taken;
        if (!taken.ok) throw new Error(taken.detail);
        return taken.value;
      },
      close: async () => {
        await value.close();
        await storage.close();
      },
    };
  }

  test('200 a minute offered to both for ten minutes: at most 120 in any minute, 100 a minute in the long run', {
    timeout: SLOW,
  }, async () => {
    const time = { now: 0 };
    const both = [await open(time, 5), await open(time, 1_000_000)];
    const accepted: number[] = [];
    for (let i = 0; i < 2000; i++, time.now += 300) if ((await both[i % 2]?.take('p'))?.allowed) accepted.push(time.now);
    for (const one of both) await one.close();
    const most = Math.max(...accepted.map((start) => accepted.filter((at) => at >= start && at < start + 60_000).length));
    expect(most).toBeLessThanOrEqual(120);
    expect(accepted.length).toBeGreaterThanOrEqual(980);
    expect(accepted.length).toBeLessThanOrEqual(1040);
  });

  test('a steady 100 a minute by turns is never refused', { timeout: SLOW }, async () => {
    const time = { now: 0 };
    const both = [await open(time, 0), await open(time, 0)];
    let refused = 0;
    for (let i = 0; i < 300; i++, time.now += 600) if (!(await both[i % 2]?.take('p'))?.allowed) refused++;
    for (const one of both) await one.close();
    expect(refused).toBe(0);
  });

  test('300 at once at both: 120 are accepted, whoever asks first', async () => {
    const time = { now: 0 };
    const both = [await open(time, 0), await open(time, 0)];
    const taken = await Promise.all(Array.from({ length: 300 }, (_, i) => both[i % 2]?.take('p')));
    const other = await both[0]?.take('q');
    for (const one of both) await one.close();
    expect(taken.filter((charge) => charge?.allowed)).toHaveLength(120);
    expect(other?.allowed).toBe(true);
  });

  test('a gateway that starts later, or whose server was set back an hour, goes on in the same window', async () => {
    const time = { now: 0 };
    const first = await open(time, 0);
    for (let i = 0; i < 120; i++) await first.take('p');
    // What an hour set back looks like to one that starts now: windows that lie ahead of the server's clock.
    await first.storage.postgres?.query({
      text: `update rate_window set seen_at = seen_at + 3600000,
        state = jsonb_set(jsonb_set(state::jsonb, '{seenAt}', to_jsonb((state::jsonb->>'seenAt')::bigint + 3600000)),
          '{entries}', (select jsonb_agg(jsonb_build_array((e->>0)::bigint + 3600000, e->1)) from jsonb_array_elements(state::jsonb->'entries') e))::text`,
    });
    const later = await open(time, 77);
    const refused = await later.take('p');
    time.now += 61_000;
    const after = await later.take('p');
    await first.close();
    await later.close();
    expect([refused.allowed, after.allowed]).toEqual([false, true]);
    expect(refused.resetSeconds).toBeLessThanOrEqual(61);
  });

  test('a high rate is leased: few questions, and never more than its bound', { timeout: SLOW }, async () => {
    const rate: Rate = { base: 20_000, burst: 0 };
    const time = { now: 0 };
    const both = [await open(time, 0), await open(time, 0)];
    let accepted = 0;
    for (let i = 0; i < 30_000; i++) if ((await both[i % 2]?.take('p', rate))?.allowed) accepted++;
    const { rows } = (await both[0]?.storage.postgres?.query<{ version: number }>({ text: 'select version from rate_window' })) ?? {
      rows: [],
    };
    for (const one of both) await one.close();
    expect(accepted).toBeLessThanOrEqual(20_000);
    expect(accepted).toBeGreaterThan(19_000);
    expect(rows[0]?.version).toBeLessThan(400);
  });

  test('who comes often waits for no question: units are taken ahead, for many principals by one statement', {
    timeout: SLOW,
  }, async () => {
    const time = { now: 0 };
    const one = await open(time, 0);
    const names = Array.from({ length: 200 }, (_, i) => `p${i}`);
    for (let round = 0; round < 3; round++, time.now += 1000) await Promise.all(names.map((name) => one.take(name)));
    await expect.poll(() => one.asked.filter((name) => name === 'rate-put').length, { timeout: SLOW }).toBeGreaterThanOrEqual(3);
    await new Promise((done) => setTimeout(done, 500));
    const before = one.asked.length;
    const taken = await Promise.all(names.map((name) => one.take(name)));
    // A lease that runs out is renewed behind the back of who is answered.
    expect(taken.every(({ allowed }) => allowed)).toBe(true);
    expect(before).toBeLessThanOrEqual(8);
    await one.close();
  });

  test('what a gateway took ahead and did not use is there for the others: when it ends, and after five seconds', {
    timeout: SLOW,
  }, async () => {
    const time = { now: 0 };
    const [ended, idle, other] = [await open(time, 0), await open(time, 0), await open(time, 0)];
    const held = async (): Promise<number> => {
      const { rows } = (await other.storage.postgres?.query<{ state: string }>({ text: 'select state from rate_window' })) ?? { rows: [] };
      const { entries } = JSON.parse(rows[0]?.state ?? '{"entries":[]}') as { entries: [number, number][] };
      return entries.reduce((sum, [, units]) => sum + units, 0);
    };
    for (const one of [ended, idle]) for (let i = 0; i < 10; i++) await one.take('p');
    await expect.poll(held).toBeGreaterThan(20);
    await ended.close();
    time.now += 5001;
    await expect.poll(held).toBe(20);
    let free = 0;
    while ((await other.take('p')).allowed) free++;
    expect(free).toBe(100);
    await idle.close();
    await other.close();
  });

  test('bursts at random, and a gateway that is lost with what it took ahead: never more than 120 in a minute, and 100 a minute are had', {
    timeout: SLOW,
  }, async () => {
    const random = seeded(7);
    const time = { now: 0 };
    const both = [await open(time, 3), await open(time, 500)];
    const accepted: number[] = [];
    for (let i = 0; time.now < 600_000; i++) {
      const one = both[random() < 0.5 ? 0 : 1];
      const taken = await Promise.all(Array.from({ length: Math.floor(random() * 6) }, () => one?.take('p')));
      accepted.push(...taken.filter((charge) => charge?.allowed).map(() => time.now));
      time.now += Math.floor(random() * 2000);
      // Its leases are never settled: what is left of it only reads and writes.
      if (i === 200) both[0] = await open(time, 9000);
    }
    for (const one of both) await one.close();
    const most = Math.max(...accepted.map((start) => accepted.filter((at) => at >= start && at < start + 60_000).length));
    expect(most).toBeLessThanOrEqual(120);
    expect(accepted.length).toBeGreaterThanOrEqual(950);
    expect(accepted.length).toBeLessThanOrEqual(1040);
  });

  test('a server that is away refuses by name, and its window is there again afterwards', { timeout: SLOW }, async () => {
    const time = { now: 0 };
    const one = await open(time, 0);
    for (let i = 0; i < 120; i++) await one.take('p');
    await server.halt();
    await expect(one.take('q')).rejects.toThrow('PostgreSQL');
    await server.start();
    await expect
      .poll(
        () =>
          one.take('q').then(
            ({ allowed }) => allowed,
            () => false,
          ),
        { timeout: SLOW },
      )
      .toBe(true);
    expect((await one.take('p')).allowed).toBe(false);
    await one.close();
  });

  test('on the wire: from idle 240 at once over both, 120 are accepted, each other is 429 with Retry-After [R2-053 partial: over two gateways]', {
    timeout: SLOW,
  }, async () => {
    // The bound of an address is each gateway's own; it is raised so that only the principal's holds.
    const until = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    const settings = {
      rate_limiting: { address_requests_per_minute: 1_000_000 },
      deviations: [{ key: 'rate_limiting.address_requests_per_minute', value: 1_000_000, reason: 'one machine asks', until }],
    };
    const a = await startShared(url, { settings });
    const b = await startShared(url, { settings }, a.data);
    const key = await a.key({ name: 'busy', roles: ['reader'] });
    const callers: readonly Caller[] = [a, b].map(({ mcp }) => ({ mcp, key: key.text }));
    const told: Told[] = [];
    // No more under way at once than one principal may have.
    for (let i = 0; i < 240; i += 40)
      told.push(...(await Promise.all(Array.from({ length: 40 }, (_, j) => modern(callers[j % 2] as Caller, i + j, 'tools/list')))));
    await b.end();
    await a.end();
    expect(told.filter(({ status }) => status === 200)).toHaveLength(120);
    const refused = told.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(120);
    for (const { headers } of refused) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  });

  test('of a limited tool: 40 at once over two gateways, 10 are forwarded, and the rest of the day is as it was', {
    timeout: SLOW,
  }, async () => {
    const limits = { tools: { echo: { callsPerMinute: 10 } } };
    const a = await startShared(url, { servers: [toolServer('local', { more: { limits } })] });
    const b = await startShared(url, {}, a.data);
    const { text } = await a.key({ name: 'busy', roles: ['reader'] });
    const callers: readonly Caller[] = [a, b].map(({ mcp }) => ({ mcp, key: text }));
    const call = (i: number, name: string): Promise<Told> =>
      modern(callers[i % 2] as Caller, i, 'tools/call', { name: `local__${name}`, arguments: { text: 'x' } });
    const told = await Promise.all(Array.from({ length: 40 }, (_, i) => call(i, 'echo')));
    const others = [await call(0, 'read_0'), await call(1, 'read_0')];
    await b.end();
    await a.end();
    expect(told.filter((one) => textOf(one) === '{"text":"x"}')).toHaveLength(10);
    expect(told.filter((one) => textOf(one).includes('This tool takes 10 a minute'))).toHaveLength(30);
    expect(others.map(textOf)).toEqual(['{"text":"x"}', '{"text":"x"}']);
  });
});
