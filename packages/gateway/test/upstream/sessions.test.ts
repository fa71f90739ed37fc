import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { Transport } from '../../src/contracts/registration.ts';
import type { UpstreamSession } from '../../src/gateway/upstream/upstream.ts';
import { type Bench, eventually, openBench, owner, registration, stdioFixture, toolCall } from '../fixtures/upstreams.ts';

let bench: Bench;
beforeEach(() => {
  bench = openBench({ startMs: 5000, caps: { total: 4, perPrincipal: 2 } });
});
afterEach(() => bench.close());

const callLog = (): string => join(bench.folder, 'calls');
const logged = (): JsonObject[] =>
  existsSync(callLog())
    ? readFileSync(callLog(), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as JsonObject)
    : [];
const http = (...args: string[]): Transport => ({
  kind: 'streamable-http',
  url: null,
  headers: {},
  local: {
    launch: {
      command: 'node',
      args: [join(import.meta.dirname, '../fixtures/tool-server-http.ts'), '--call-log', callLog(), ...args],
      env: {},
    },
    tokenEnv: 'TOOL_SERVER_TOKEN',
    path: '/mcp',
  },
});
const stdio = (): Transport => stdioFixture('tool-server-stdio.ts', '--call-log', callLog());

async function acquire(transport: Transport, era: 'legacy' | 'modern', who = owner('ann', 's1')): Promise<UpstreamSession> {
  const got = await bench.upstreams.acquire(registration('tools', transport), era, who);
  if (!got.ok) throw new Error(`${got.reason} ${got.detail}`);
  return got.value;
}

const WIRES: readonly [string, () => Transport, 'legacy' | 'modern'][] = [
  ['stdio, legacy', stdio, 'legacy'],
  ['stdio, modern', stdio, 'modern'],
  ['HTTP, legacy', () => http(), 'legacy'],
  ['HTTP, modern', () => http(), 'modern'],
  ['HTTP event streams, modern', () => http('--sse'), 'modern'],
];

describe.each(WIRES)('over %s', (_name, transport, era) => {
  it('a call is answered, and its text is the result re-serialised', async () => {
    const session = await acquire(transport(), era);
    const answer = await session.request(toolCall('echo', { text: 'héllo "quoted" \u2028' }));
    if (!answer.ok || answer.value.kind !== 'result') throw new Error(JSON.stringify(answer));
    expect(answer.value.text).toBe(JSON.stringify(answer.value.result));
    expect(logged()).toEqual([{ name: 'echo', arguments: { text: 'héllo "quoted" \u2028' } }]);
  });

  it('progress reaches the caller that asked, and extends its deadline', async () => {
    const session = await acquire(transport(), era);
    const seen: JsonObject[] = [];
    const answer = await session.request(
      toolCall('progress', { n: 20 }, { timeoutMs: 300, onProgress: (params) => void seen.push(params) }),
    );
    expect(answer.ok).toBe(true);
    expect(seen.map((params) => params['progress'])).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  });

  it('a cancelled call is cancelled at the server too', async () => {
    const session = await acquire(transport(), era);
    const abort = new AbortController();
    const pending = session.request(toolCall('slow', { n: 10_000 }, { signal: abort.signal }));
    await eventually(() => logged().length === 1);
    abort.abort();
    expect(await pending).toMatchObject({ reason: 'gateway.cancelled' });
    await eventually(() => logged().some((line) => line['cancelled'] === true));
  });

  it('a new tool is seen, and listeners are told', async () => {
    let told = false;
    const tell = (): void => {
      told = true;
    };
    const listener = { listChanged: tell, updated: () => {}, log: () => {} };
    const who = { ...owner('ann', era === 'legacy' ? 's1' : null, listener), listener };
    const session = await acquire(transport(), era, who);
    const watching = era === 'modern' ? bench.upstreams.watch(registration('tools', transport()), era, who) : null;
    await (watching?.open ?? new Promise((resolve) => setTimeout(resolve, 300)));
    await session.request(toolCall('add_tool'));
    await eventually(() => told);
    expect(session.peekPins('tool')?.has('extra_0')).toBe(true);
    watching?.end();
  });
});

describe('log messages', () => {
  it('reach the one session that a legacy server belongs to', async () => {
    const messages: JsonObject[] = [];
    const listener = { listChanged: () => {}, updated: () => {}, log: (params: JsonObject) => void messages.push(params) };
    const session = await acquire(stdio(), 'legacy', owner('ann', 's1', listener));
    await session.request(toolCall('log', { text: 'for ann' }));
    expect(messages).toEqual([{ level: 'info', data: 'for ann' }]);
  });

  it('of a shared server reach nobody', async () => {
    const messages: JsonObject[] = [];
    const listener = { listChanged: () => {}, updated: () => {}, log: (params: JsonObject) => void messages.push(params) };
    const server = registration('tools', stdio(), 'shared');
    const got = await bench.upstreams.acquire(server, 'legacy', owner('ann', 's1', listener));
    if (!got.ok) throw new Error(got.reason);
    await got.value.request(toolCall('log', { text: 'for ann' }));
    expect(messages).toEqual([]);
  });

  it('of a modern call reach that call only', async () => {
    const session = await acquire(http(), 'modern', owner('ann'));
    const messages: JsonObject[] = [];
    await session.request(toolCall('log', { text: 'mine' }, { log: { level: 'info', onMessage: (params) => void messages.push(params) } }));
    await session.request(toolCall('log', { text: 'unasked' }));
    expect(messages).toEqual([{ level: 'info', data: 'mine' }]);
  });
});

describe('whose a session is', () => {
  it('one start serves callers that come at once', async () => {
    const [a, b] = await Promise.all([acquire(stdio(), 'legacy'), acquire(stdio(), 'legacy')]);
    expect(a).toBe(b);
  });

  it.each([
    ['session', 'ann', 's1', 'ann', 's2', false],
    ['session', 'ann', 's1', 'bob', 's1', false],
    ['principal', 'ann', 's1', 'ann', 's2', true],
    ['principal', 'ann', 's1', 'bob', 's1', false],
    ['shared', 'ann', 's1', 'bob', 's2', true],
  ] as const)('sharing %s: %s/%s and %s/%s share: %s %s', async (sharing, who, session, other, otherSession, same) => {
    const server = registration('tools', stdio(), sharing);
    const first = await bench.upstreams.acquire(server, 'legacy', owner(who, session));
    const second = await bench.upstreams.acquire(server, 'legacy', owner(other, otherSession));
    if (!first.ok || !second.ok) throw new Error('neither failed to start');
    expect(first.value === second.value).toBe(same);
  });

  it('ends with the client session, and is peeked at only while it runs', async () => {
    const who = owner('ann', 's1');
    const server = registration('tools', stdio());
    expect(bench.upstreams.peek(server, 'legacy', who)).toBeNull();
    await bench.upstreams.acquire(server, 'legacy', who);
    expect(bench.upstreams.peek(server, 'legacy', owner('bob', 's1'))).toBeNull();
    expect(bench.upstreams.peek(server, 'legacy', who)).not.toBeNull();
    if (who.session !== null) bench.upstreams.releaseSession(who.session);
    expect(bench.upstreams.peek(server, 'legacy', who)).toBeNull();
  });
});

describe('a client session that ends while its server starts', () => {
  it('leaves no server behind', async () => {
    const who = owner('ann', 's1');
    const server = registration('tools', stdio());
    const starting = bench.upstreams.acquire(server, 'legacy', who);
    if (who.session !== null) bench.upstreams.releaseSession(who.session);
    await starting;
    await eventually(() => bench.upstreams.peek(server, 'legacy', who) === null);
  });
});

describe('caps', () => {
  it('a principal whose sessions are all at work gets no third one, another principal does', async () => {
    const busy = await Promise.all(['s1', 's2'].map((session) => acquire(stdio(), 'legacy', owner('ann', session))));
    const abort = new AbortController();
    const running = busy.map((session) => session.request(toolCall('slow', { n: 10_000 }, { signal: abort.signal })));
    const server = registration('tools', stdio());
    expect(await bench.upstreams.acquire(server, 'legacy', owner('ann', 's3'))).toMatchObject({ reason: 'gateway.upstream_busy' });
    expect(await bench.upstreams.acquire(server, 'legacy', owner('bob', 's3'))).toMatchObject({ ok: true });
    abort.abort();
    await Promise.all(running);
  });

  it('an idle session of the same principal makes room', async () => {
    await acquire(stdio(), 'legacy', owner('ann', 's1'));
    await acquire(stdio(), 'legacy', owner('ann', 's2'));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await bench.upstreams.acquire(registration('tools', stdio()), 'legacy', owner('ann', 's3'))).toMatchObject({ ok: true });
  });

  it('an idle session ends by itself', async () => {
    await bench.close();
    bench = openBench({ idleMs: 100 });
    const who = owner('ann', 's1');
    await acquire(stdio(), 'legacy', who);
    await eventually(() => bench.upstreams.peek(registration('tools', stdio()), 'legacy', who) === null);
  });
});

describe('a server that loses its sessions', () => {
  it('gets one new initialize, and the call is answered', async () => {
    const session = await acquire(http(), 'legacy');
    await session.request(toolCall('read_0', { text: 'forget sessions' }));
    expect(await session.request(toolCall('echo', { text: 'again' }))).toMatchObject({ ok: true, value: { kind: 'result' } });
  });
});
