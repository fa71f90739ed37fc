import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GatewayReason } from '../../src/contracts/reasons/gateway.ts';
import type { UpstreamSession } from '../../src/gateway/upstream/upstream.ts';
import { type Bench, openBench, owner, registration, stdioFixture, toolCall } from '../fixtures/upstreams.ts';

let bench: Bench;
beforeEach(() => {
  bench = openBench({ startMs: 3000 });
});
afterEach(() => bench.close());

const open = (mode: string) =>
  bench.upstreams.acquire(registration('hostile', stdioFixture('hostile-stdio.ts', mode)), 'legacy', owner('ann', 's1'));

async function session(mode: string): Promise<UpstreamSession> {
  const got = await open(mode);
  if (!got.ok) throw new Error(`${got.reason} ${got.detail}`);
  return got.value;
}

const textOf = async (mode: string): Promise<string> => {
  const answer = await (await session(mode)).request(toolCall('call', {}, { timeoutMs: 2000 }));
  return answer.ok ? (answer.value.kind === 'result' ? answer.value.text : `error ${answer.value.code}`) : answer.reason;
};

describe('a server that cannot be used', () => {
  it.each<[string, GatewayReason]>([
    ['no-start', 'gateway.upstream_start_failed'],
    ['mute', 'gateway.upstream_start_failed'],
    ['old', 'gateway.upstream_era'],
    ['many-tools', 'gateway.upstream_too_large'],
    ['endless-pages', 'gateway.upstream_too_large'],
    ['same-cursor', 'gateway.upstream_garbage'],
  ])('%s is refused as %s within the start deadline', async (mode, reason) => {
    expect(await open(mode)).toMatchObject({ ok: false, reason });
  });

  it('is not started again at once after it failed twice', async () => {
    await open('no-start');
    await open('no-start');
    expect(await open('no-start')).toMatchObject({ ok: false, reason: 'gateway.upstream_unavailable' });
    expect(bench.upstreams.status()).toMatchObject([{ server: 'hostile', state: 'failing', sessions: 0 }, { era: 'modern' }]);
  });

  it('is refused where there is no such program', async () => {
    const transport = { kind: 'stdio', launch: { command: 'no-such-program', args: [], env: {} } } as const;
    expect(await bench.upstreams.acquire(registration('none', transport), 'legacy', owner('ann', 's1'))).toMatchObject({
      reason: 'gateway.upstream_start_failed',
    });
  });
});

describe('a server that misbehaves in a call', () => {
  it.each<[string, string]>([
    ['exit', 'gateway.upstream_closed'],
    ['garbage', 'gateway.upstream_garbage'],
    ['garbage-answer', 'gateway.upstream_garbage'],
    ['wrong-shape', 'gateway.upstream_garbage'],
    ['silent', 'gateway.upstream_timeout'],
    ['gigabyte', 'gateway.upstream_too_large'],
  ])('%s: its caller gets %s', async (mode, reason) => {
    expect(await textOf(mode)).toBe(reason);
  });

  it.each<[string, string]>([
    ['twice', 'first'],
    ['wrong-id', 'own'],
    ['forged-progress', 'done'],
    ['logs', 'logged'],
    ['flood-stderr', 'still here'],
    ['stubborn', 'still here'],
  ])('%s changes nothing for its caller, who gets %s', async (mode, text) => {
    expect(await textOf(mode)).toContain(text);
  });

  it('gets no sampling and an answer to its ping', async () => {
    const text = await textOf('unsolicited');
    expect(text).toContain('-32601');
    expect(text).toContain(String.raw`\"id\":\"mine-2\",\"result\":{}`);
  });

  it('cannot make a definition that is too large, or a name that it lists twice, match a pin', async () => {
    expect((await session('schema-bomb')).peekPins('tool')?.get('bomb')).toBe('too large');
    expect((await session('schema-bomb')).peekPins('tool')?.get('fine')).toMatch(/^[0-9a-f]{64}$/);
    const doubled = await bench.upstreams.acquire(
      registration('double', stdioFixture('hostile-stdio.ts', 'double-name')),
      'legacy',
      owner('ann', 's1'),
    );
    expect(doubled.ok && doubled.value.peekPins('tool')?.get('same')).toBe('listed twice');
  });

  it('is started again at the next need, and its caller in flight learned that it ended', async () => {
    expect(await textOf('exit')).toBe('gateway.upstream_closed');
    expect(await textOf('exit')).toBe('gateway.upstream_closed');
  });

  it('writes no more to the log than its budget, without escape sequences', async () => {
    await textOf('flood-stderr');
    const bytes = bench.lines.reduce((sum, line) => sum + line.length - 'default.hostile: '.length, 0);
    expect(bytes).toBeLessThan(80_000);
    expect(bench.lines.join('')).not.toContain('\u001b');
  });
});
