import { afterEach, describe, expect, it } from 'vitest';
import { type BareAnswer, bareAsk } from './bare-socket.ts';
import { movedClock } from './moved-clock.ts';
import { startTestGateway, type TestGateway } from './running-gateway.ts';

let gateway: TestGateway;
afterEach(() => gateway.stop());

/** The guide's figures as they stand; the address has to allow more where the principal is what is counted. */
const until = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
const WIDE_ADDRESS = {
  rate_limiting: { address_requests_per_minute: 100_000 },
  deviations: [{ key: 'rate_limiting.address_requests_per_minute', value: 100_000, reason: 'several users share an address', until }],
};

const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};

const WITHOUT_DELAYS = {
  rate_limiting: { ...WIDE_ADDRESS.rate_limiting, progressive_delays: false },
  deviations: [
    ...WIDE_ADDRESS.deviations,
    { key: 'rate_limiting.progressive_delays', value: false, reason: 'the window alone is looked at', until },
  ],
};

function list(key: string, from = 1, more: readonly (readonly [string, string])[] = []): Promise<BareAnswer> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: META } });
  const headers = [
    ['host', new URL(gateway.mcp).host],
    ['authorization', `Bearer ${key}`],
    ['content-type', 'application/json'],
    ['accept', 'application/json, text/event-stream'],
    ['mcp-protocol-version', '2026-07-28'],
    ['mcp-method', 'tools/list'],
    ['content-length', String(body.length)],
    ...more,
  ] as const;
  return bareAsk({ url: gateway.mcp, headers, from, body: [body] });
}

// No more at once than may be in flight for one key.
async function many(count: number, send: (i: number) => Promise<BareAnswer>): Promise<readonly BareAnswer[]> {
  const answers: BareAnswer[] = [];
  for (let i = 0; i < count; i += 20)
    answers.push(...(await Promise.all(Array.from({ length: Math.min(20, count - i) }, (_, k) => send(i + k)))));
  return answers;
}

const accepted = (answers: readonly BareAnswer[]): number => answers.filter((answer) => answer.status === 200).length;
const refused = (answers: readonly BareAnswer[]): readonly BareAnswer[] => answers.filter((answer) => answer.status === 429);

describe('with the guide’s settings', () => {
  it('accepts 120 of 121 requests of a key, and refuses the next in the protocol’s terms with a time to wait', async () => {
    gateway = await startTestGateway({ settings: WIDE_ADDRESS });
    const { text } = await gateway.key({ name: 'one', roles: ['reader'] });
    const answers = await many(121, () => list(text));
    expect(accepted(answers)).toBe(120);
    const [late] = refused(answers);
    expect(late?.message).toMatchObject({
      jsonrpc: '2.0',
      error: { code: 42900, message: expect.stringMatching(/\(ref [0-9A-Z]{26}\)$/) },
    });
    expect(Number(late?.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(Number(late?.headers['retry-after'])).toBeLessThanOrEqual(61);
    expect(answers[0]?.headers['ratelimit-policy']).toBe('"principal";q=120;w=60');
    expect(answers[0]?.headers['ratelimit']).toMatch(/^"principal";r=\d+;t=\d+$/);
    expect((await gateway.records('reason=gateway.rate_limited')).length).toBe(1);
  });

  it('gives the burst once: what Retry-After says suffices, and at the full base rate nothing of the burst comes back until usage falls [R2-053]', async () => {
    const clock = movedClock();
    gateway = await startTestGateway({ settings: WITHOUT_DELAYS, start: { clock } });
    const { text } = await gateway.key({ name: 'one', roles: ['reader'] });
    const first = await many(121, () => list(text));
    expect(accepted(first)).toBe(120);
    const [late] = refused(first);
    expect(late?.message).toMatchObject({ jsonrpc: '2.0', error: { code: 42900 } });
    clock.advance(Number(late?.headers['retry-after']) * 1000);
    expect((await list(text)).status).toBe(200);
    // From here on one each 600 ms, which is the base rate: never a refusal.
    const began = clock.monotonic();
    for (let i = 1; i <= 200; i++) {
      clock.advance(Math.max(0, began + i * 600 - clock.monotonic()));
      expect((await list(text)).status, `the ${i}th at the base rate`).toBe(200);
    }
    // No burst came back: of twenty more at once all but what a machine's own time allows are refused.
    expect(accepted(await many(20, () => list(text)))).toBeLessThanOrEqual(2);
    // A quiet minute gives it back, with the base.
    clock.advance(61_000);
    expect(accepted(await many(130, () => list(text)))).toBe(120);
  }, 60_000);

  it('counts one user from ten addresses as one, and lets another user be [R2-055]', async () => {
    gateway = await startTestGateway({ settings: WIDE_ADDRESS });
    const one = await gateway.key({ name: 'one', roles: ['reader'] });
    const other = await gateway.key({ name: 'other', roles: ['reader'] });
    const answers = await many(130, (i) => list(one.text, (i % 10) + 2));
    expect(accepted(answers)).toBe(120);
    expect(refused(answers)).toHaveLength(10);
    expect(accepted(await many(60, (i) => list(other.text, (i % 10) + 2)))).toBe(60);
  });

  it('counts two users of one address together, whatever X-Forwarded-For says, and another address for itself [R2-054 partial: an IPv6 peer on the wire]', async () => {
    gateway = await startTestGateway({ settings: {} });
    const one = await gateway.key({ name: 'one', roles: ['reader'] });
    const other = await gateway.key({ name: 'other', roles: ['reader'] });
    const answers = await many(140, (i) =>
      list(i % 2 === 0 ? one.text : other.text, 5, [
        ['x-forwarded-for', `10.0.0.${i}`],
        ['forwarded', `for=10.0.1.${i}`],
        ['x-real-ip', `10.0.2.${i}`],
      ]),
    );
    expect(accepted(answers)).toBe(120);
    expect(refused(answers).every((answer) => answer.message !== null && Number(answer.headers['retry-after']) >= 1)).toBe(true);
    expect((await list(one.text, 6)).status).toBe(200);
    expect((await gateway.records('reason=gateway.address_rate_limited')).length).toBe(20);
  });
});
