import { connect } from 'node:net';
import { expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { movedClock } from './moved-clock.ts';
import { startTestGateway, UNLIMITED } from './running-gateway.ts';
import { modern } from './wire.ts';

/** Stricter than the guide, so that few requests fill a window; who is not meant has room. */
const settings = (limits: JsonObject): JsonObject => ({
  ...UNLIMITED,
  rate_limiting: { ...(UNLIMITED['rate_limiting'] as JsonObject), ...limits },
  deviations: (UNLIMITED['deviations'] as readonly JsonObject[]).filter((one) => !((String(one['key']).split('.')[1] as string) in limits)),
});

const MINUTE = 60_000;

it.each([
  ['key', { requests_per_minute: 5, burst_allowance: 0 }],
  ['network address', { address_requests_per_minute: 5, burst_allowance: 0 }],
])(
  'a %s that goes on while it is told to wait waits 1, 2, 4, 8, 16, 32 and then 60 seconds longer, less for each quiet minute, and has its budget again afterwards [R2-056 part: growth and decay on the wire]',
  async (_who, limits) => {
    const clock = movedClock();
    const gateway = await startTestGateway({ settings: settings(limits), start: { clock } });
    const caller = { mcp: gateway.mcp, key: (await gateway.key({ name: 'hasty', roles: ['reader'] })).text };
    const ask = async (): Promise<number> => {
      const told = await modern(caller, 1, 'tools/list');
      expect([200, 429]).toContain(told.status);
      return told.status === 200 ? 0 : Number(told.headers.get('retry-after'));
    };
    /** Uses the window up at once, comes back five seconds after it was told to wait, and says how much longer it has to wait than the window asks for. */
    const early = async (): Promise<number> => {
      let window = 0;
      while (window === 0) window = await ask();
      clock.advance(5000);
      return (await ask()) - (window - 5);
    };
    /** Asks all the while that it is delayed. */
    const insist = async (): Promise<void> => {
      for (let left = await ask(); left > 0; left = await ask()) clock.advance(Math.min(left, 5) * 1000);
    };
    // Three minutes: no wait is longer than the window alone asks for.
    for (let minute = 0; minute < 3; minute++) {
      expect(await early()).toBe(0);
      clock.advance(56_000);
    }
    const told: number[] = [];
    for (let time = 0; time < 9; time++) {
      told.push(await early());
      await insist();
    }
    expect(told).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
    clock.advance(2 * MINUTE);
    expect(await early()).toBe(32);
    clock.advance(20 * MINUTE);
    expect(await early()).toBe(0);
    // What is told suffices, and honouring it is enough: from then on the window alone decides.
    for (let i = 0; i < 20; i++) {
      const wait = await ask();
      expect(wait).toBeLessThanOrEqual(60);
      clock.advance(wait * 1000);
    }
    const [refused] = (await gateway.records('status=refused')).slice(-1);
    expect((refused?.['record'] as JsonObject | undefined)?.['reason']).toMatch(/rate_limited$/);
    await gateway.stop();
  },
  120_000,
);

it('connections that never finish their head hold nobody up, and are closed', async () => {
  const gateway = await startTestGateway();
  const caller = { mcp: gateway.mcp, key: (await gateway.key({ name: 'a neighbour', roles: ['reader'] })).text };
  const { hostname, port } = new URL(gateway.mcp);
  const closed: Promise<number>[] = [];
  for (let i = 0; i < 200; i++) {
    const began = performance.now();
    const socket = connect({ host: hostname, port: Number(port) });
    socket.on('error', () => undefined);
    // Half of them send a byte a second, half nothing at all.
    socket.write(i % 2 === 0 ? 'POST /mcp HTTP/1.1\r\nHost: ' : '');
    const drip = i % 2 === 0 ? setInterval(() => socket.write('x'), 1000) : undefined;
    closed.push(
      new Promise((resolve) => {
        socket.on('close', () => {
          clearInterval(drip);
          resolve(performance.now() - began);
        });
        socket.resume();
      }),
    );
  }
  const waits: number[] = [];
  for (let i = 0; i < 50; i++) {
    const began = performance.now();
    expect((await modern(caller, i, 'tools/list')).status).toBe(200);
    waits.push(performance.now() - began);
  }
  expect(waits.toSorted((a, b) => a - b)[25]).toBeLessThan(1000);
  expect(Math.max(...(await Promise.all(closed)))).toBeLessThan(45_000);
  await gateway.stop();
}, 90_000);
