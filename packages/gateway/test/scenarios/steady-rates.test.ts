import { afterEach, expect, it } from 'vitest';
import { movedClock } from './moved-clock.ts';
import { startTestGateway, type TestGateway } from './running-gateway.ts';
import { modern } from './wire.ts';

const until = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
const deviation = (key: string, value: number | boolean) => ({
  key: `rate_limiting.${key}`,
  value,
  reason: 'the window of a key is looked at',
  until,
});
const SETTINGS = {
  rate_limiting: { address_requests_per_minute: 100_000, progressive_delays: false },
  deviations: [deviation('address_requests_per_minute', 100_000), deviation('progressive_delays', false)],
};

let gateway: TestGateway;
afterEach(() => gateway.stop());

const mostInAnyMinute = (times: readonly number[]): number =>
  Math.max(...times.map((t) => times.filter((u) => u > t - 60_000 && u <= t).length));

it('100 at once and 100 a minute are never refused, of 200 a minute 100 pass and never more than 120 in any minute, and no jump of the wall clock changes that [R2-052 part: one gateway; a jump of the clock]', async () => {
  const moved = movedClock();
  let jumped = 0;
  const clock = { ...moved, now: () => moved.now() + jumped };
  gateway = await startTestGateway({ settings: SETTINGS, start: { clock } });
  const callers = await Promise.all(
    ['at once', 'steady', 'twice', 'jumping'].map(async (name) => ({
      mcp: gateway.mcp,
      key: (await gateway.key({ name, roles: ['reader'] })).text,
    })),
  );
  const passes = async (who: number): Promise<boolean> => {
    const { status } = await modern(callers[who] as (typeof callers)[number], 1, 'tools/list');
    expect([200, 429]).toContain(status);
    return status === 200;
  };
  /** `count` of them, one each `everyMs` of the gateway's own time: when those came that passed. */
  const offered = async (who: number, everyMs: number, count: number): Promise<readonly number[]> => {
    const began = moved.monotonic();
    const passed: number[] = [];
    for (let i = 0; i < count; i++) {
      moved.advance(Math.max(0, began + i * everyMs - moved.monotonic()));
      const at = moved.monotonic();
      if (await passes(who)) passed.push(at - began);
    }
    return passed;
  };
  expect(await offered(0, 0, 100)).toHaveLength(100);
  expect(await offered(1, 600, 500)).toHaveLength(500);

  const twice = await offered(2, 300, 2000);
  expect(mostInAnyMinute(twice)).toBeLessThanOrEqual(120);
  const longRun = twice.filter((at) => at >= 60_000).length / 9;
  expect(longRun).toBeGreaterThanOrEqual(98);
  expect(longRun).toBeLessThanOrEqual(102);

  expect(await offered(3, 0, 130)).toHaveLength(120);
  for (const jump of [3_600_000, -3_600_000]) {
    jumped = jump;
    expect(await passes(3), `${jump} ms gave a budget back`).toBe(false);
  }
  moved.advance(61_000);
  expect(await passes(3), 'locked by a jump').toBe(true);
}, 120_000);
