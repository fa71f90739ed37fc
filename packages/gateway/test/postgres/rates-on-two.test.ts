import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../fixtures/postgres-server.ts';
import { movedClock } from '../scenarios/moved-clock.ts';
import { toolServer } from '../scenarios/running-gateway.ts';
import { type Caller, modern, textOf } from '../scenarios/wire.ts';
import { type SharedGateway, startShared } from './two-gateways.ts';

const until = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
const deviation = (key: string, value: number | boolean) => ({
  key: `rate_limiting.${key}`,
  value,
  reason: 'the window of a key is looked at',
  until,
});
/** The address is each gateway's own matter, and delays would be on top of the window. */
const settings = {
  rate_limiting: { address_requests_per_minute: 100_000, progressive_delays: false },
  deviations: [deviation('address_requests_per_minute', 100_000), deviation('progressive_delays', false)],
};
const MINUTE = 60_000;
const SLOW = 240_000;

let server: PostgresServer;
let both: readonly SharedGateway[] = [];
beforeAll(async () => {
  server = await startPostgres();
});
afterEach(async () => {
  for (const one of both.toReversed()) await one.end();
  both = [];
});
afterAll(() => server.stop());

const mostInAnyMinute = (times: readonly number[]): number =>
  Math.max(...times.map((t) => times.filter((u) => u > t - MINUTE && u <= t).length));

/** Two gateways on one database whose time only the test moves on, and the wall clock of the second beside it. */
async function open(servers: NonNullable<Parameters<typeof startShared>[1]>['servers'] = []) {
  const moved = movedClock();
  let jumped = 0;
  const url = await server.database();
  const a = await startShared(url, { settings, servers, start: { clock: moved } });
  const second = { ...moved, now: () => moved.now() + jumped };
  const b = await startShared(url, { settings, start: { clock: second } }, a.data);
  both = [a, b];
  const caller = async (name: string): Promise<readonly Caller[]> => {
    const { text } = await a.key({ name, roles: ['reader'] });
    return both.map(({ mcp }) => ({ mcp, key: text }));
  };
  const jump = (ms: number): void => {
    jumped = ms;
  };
  /** `count` asked of both by turns, one each `everyMs` of their time: when those came that passed. */
  const offered = async (everyMs: number, count: number, passes: (turn: number) => Promise<boolean>): Promise<readonly number[]> => {
    const began = moved.monotonic();
    const passed: number[] = [];
    for (let i = 0; i < count; i++) {
      moved.advance(Math.max(0, Math.ceil(began + i * everyMs - moved.monotonic())));
      const at = moved.monotonic();
      if (await passes(i % 2)) passed.push(at - began);
    }
    return passed;
  };
  return { moved, caller, jump, offered };
}

const lists =
  (callers: readonly Caller[]) =>
  async (turn: number): Promise<boolean> => {
    const { status } = await modern(callers[turn] as Caller, 1, 'tools/list');
    expect([200, 429]).toContain(status);
    return status === 200;
  };

it('asked by turns, two gateways keep one bound: 100 at once and 100 a minute pass, of 200 a minute 100, never more than 120 in any minute [R2-052 part: two gateways]', {
  timeout: SLOW,
}, async () => {
  const { caller, offered } = await open();
  expect(await offered(0, 100, lists(await caller('at once')))).toHaveLength(100);
  expect(await offered(600, 500, lists(await caller('steady')))).toHaveLength(500);
  const twice = await offered(300, 2000, lists(await caller('twice')));
  expect(mostInAnyMinute(twice)).toBeLessThanOrEqual(120);
  const longRun = twice.filter((at) => at >= MINUTE).length / 9;
  expect(longRun).toBeGreaterThanOrEqual(98);
  expect(longRun).toBeLessThanOrEqual(102);
});

it('neither an hour ahead nor an hour behind on one of them gives a budget back or locks it', { timeout: SLOW }, async () => {
  const { moved, caller, jump, offered } = await open();
  const passes = lists(await caller('jumping'));
  expect(await offered(0, 130, passes)).toHaveLength(120);
  for (const ms of [60 * MINUTE, -60 * MINUTE]) {
    jump(ms);
    expect([await passes(0), await passes(1)], `${ms} ms gave a budget back`).toEqual([false, false]);
  }
  moved.advance(MINUTE + 1000);
  expect([await passes(0), await passes(1)], 'locked by a jump').toEqual([true, true]);
});

it('a tool that takes 10 a minute takes 10 a minute of both together, for five minutes of nearly 20 offered', {
  timeout: SLOW,
}, async () => {
  const limits = { tools: { echo: { callsPerMinute: 10 } } };
  const { caller, offered } = await open([toolServer('local', { more: { limits } })]);
  const callers = await caller('busy');
  // No multiple of it is a minute, so that no moment between two requests decides.
  const passed = await offered(3100, 100, async (turn) => {
    const text = textOf(await modern(callers[turn] as Caller, 1, 'tools/call', { name: 'local__echo', arguments: { text: 'x' } }));
    if (text !== '{"text":"x"}') expect(text).toContain('This tool takes 10 a minute');
    return text === '{"text":"x"}';
  });
  expect(mostInAnyMinute(passed)).toBe(10);
  expect(passed.length).toBeGreaterThanOrEqual(49);
  expect(passed.length).toBeLessThanOrEqual(51);
});
