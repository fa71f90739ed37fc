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

it.each([
  ['key', { requests_per_minute: 5, burst_allowance: 0 }],
  ['network address', { address_requests_per_minute: 5, burst_allowance: 0 }],
])(
  'a %s that goes on while it is told to wait waits longer and longer, and has its budget again afterwards [R2-056 partial: decay by steps, a million keys, slow and half-open connections]',
  async (_who, limits) => {
    const clock = movedClock();
    const gateway = await startTestGateway({ settings: settings(limits), start: { clock } });
    const caller = { mcp: gateway.mcp, key: (await gateway.key({ name: 'hasty', roles: ['reader'] })).text };
    const ask = async (): Promise<number> => {
      const told = await modern(caller, 1, 'tools/list');
      expect([200, 429]).toContain(told.status);
      return told.status === 200 ? 0 : Number(told.headers.get('retry-after'));
    };
    const early = async (seconds: number): Promise<readonly number[]> => {
      const told: number[] = [];
      for (const end = clock.monotonic() + seconds * 1000; clock.monotonic() < end; clock.advance(5000)) {
        for (let wait = await ask(); ; wait = await ask()) {
          told.push(wait);
          if (wait > 0) break;
        }
      }
      return told;
    };
    // Three minutes: no wait is longer than the window alone asks for. Then delays on top, longer than a window can be.
    expect(Math.max(...(await early(170)))).toBeLessThanOrEqual(60);
    const later = await early(900);
    expect(Math.max(...later)).toBeGreaterThan(100);
    expect(Math.max(...later)).toBeLessThanOrEqual(120);
    // What is told suffices, and honouring it is enough: from then on the window alone decides.
    clock.advance((await ask()) * 1000);
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

it('connections that never finish their head hold nobody up, and are closed [R2-056 partial: delays, a million keys, 10,000 idle connections]', async () => {
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
