import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { type EventStream, openEvents, type ServerEvent } from './event-stream.ts';
import { FIXTURES, startTestGateway, type TestGateway, toolServer } from './running-gateway.ts';
import { SDK_CLIENTS } from './sdk-client.ts';
import { type Caller, modern, request, session } from './wire.ts';

let gateway: TestGateway;
let dir: string;
let caller: Caller;
let legacy: Caller;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sallyport-resume-'));
  gateway = await startTestGateway({ servers: [toolServer('local', { callLog: join(dir, 'calls') }), POLLED] });
  caller = { mcp: gateway.mcp, key: (await gateway.key({ name: 'caller', roles: ['writer'] })).text };
  legacy = await session(caller);
});
afterAll(async () => {
  await gateway.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** The conformance fixture, whose `test_reconnection` closes its stream before it answers. */
const POLLED: JsonObject = {
  id: 'polled',
  transport: {
    kind: 'streamable-http',
    local: {
      launch: { command: process.execPath, args: [join(FIXTURES, '..', 'conformance', 'fixture', 'legacy-http.ts')] },
      tokenEnv: 'CONFORMANCE_TOKEN',
      path: '/mcp',
    },
  },
  effects: { test_reconnection: 'read' },
};

const progress = (id: string, n: number): JsonObject =>
  request(id, 'tools/call', { name: 'local__progress', arguments: { n, text: id }, _meta: { progressToken: id } });
const called = (id: string): number =>
  existsSync(join(dir, 'calls'))
    ? readFileSync(join(dir, 'calls'), 'utf8')
        .split('\n')
        .filter((line) => line.includes(`"${id}"`)).length
    : 0;
const steps = (events: readonly ServerEvent[]): readonly unknown[] =>
  events.flatMap(({ message }) => {
    const params = message?.['params'] as JsonObject | undefined;
    return params === undefined ? [] : [params['progress']];
  });
const answered = (events: readonly ServerEvent[]): unknown =>
  events.find(({ message }) => message?.['result'] !== undefined)?.message?.['id'];

/** A call that is under way, dropped by its client after the third step. */
async function dropped(of: Caller, id: string, n = 20): Promise<string> {
  const stream = await openEvents(of, { body: progress(id, n) });
  const last = await upTo(stream, 3);
  stream.drop();
  return last;
}

async function upTo(stream: EventStream, step: number): Promise<string> {
  for (let event = await stream.next(); event !== null; event = await stream.next()) if (steps([event])[0] === step) return event.id ?? '';
  throw new Error('the stream ended');
}

describe('a stream of a stateful session', () => {
  it('is taken up after the last event: the call went on, was made once, and each event comes once', async () => {
    const last = await dropped(legacy, 'once');
    const events = await (await openEvents(legacy, { lastEventId: last })).rest();
    expect(steps(events)).toEqual(Array.from({ length: 17 }, (_, i) => i + 4));
    expect(answered(events)).toBe('once');
    expect(called('once')).toBe(1);
  });

  it('is told again for a while after it ended, from any of its events', async () => {
    const all = await (await openEvents(legacy, { body: progress('again', 3) })).rest();
    for (const [i, { id }] of all.entries()) {
      const rest = await (await openEvents(legacy, { lastEventId: id ?? '' })).rest();
      expect(rest.filter(({ message }) => message !== null).map((event) => event.data)).toEqual(
        all.slice(i + 1).map((event) => event.data),
      );
    }
  });

  it('begins with an id, an empty event and a time to wait from 2025-11-25 on, and with neither before', async () => {
    const [first, ...others] = await (await openEvents(legacy, { body: progress('primed', 2) })).rest();
    expect(first).toMatchObject({ data: '', retry: 1000, id: expect.stringMatching(/\.0$/) });
    expect(others.every(({ id, data }) => id !== null && data !== '')).toBe(true);
    for (const revision of ['2025-03-26', '2025-06-18']) {
      const older = await session(caller, revision);
      const events = await (await openEvents(older, { body: progress('unprimed', 2) })).rest();
      expect(events.map(({ data }) => data === '')).toEqual([false, false, false]);
      expect(events.every(({ id, retry }) => id !== null && retry === null)).toBe(true);
    }
  });

  it('tells nothing of another stream of the same session', async () => {
    const [one, other] = await Promise.all([dropped(legacy, 'one'), dropped(legacy, 'other')]);
    const [ofOne, ofOther] = await Promise.all([one, other].map(async (lastEventId) => (await openEvents(legacy, { lastEventId })).rest()));
    expect(answered(ofOne ?? [])).toBe('one');
    expect(answered(ofOther ?? [])).toBe('other');
    expect(ofOne?.some(({ data }) => data.includes('other'))).toBe(false);
  });

  it('goes to the connection that came last, and the one before ends', async () => {
    const last = await dropped(legacy, 'twice', 40);
    const before = await openEvents(legacy, { lastEventId: last });
    await upTo(before, 6);
    const after = await openEvents(legacy, { lastEventId: last });
    expect(answered(await after.rest())).toBe('twice');
    expect(answered(await before.rest())).toBeUndefined();
  });

  it('that stands keeps what was said while its client was away', async () => {
    const own = await session({ mcp: gateway.mcp, key: caller.key });
    const stream = await openEvents(own);
    const first = await stream.next();
    stream.drop();
    await gateway.admin('POST', '/servers/local/approve', { tool: 'read_0', effect: 'write' });
    const resumed = await openEvents(own, { lastEventId: first?.id ?? '' });
    const told = await resumed.next();
    const next = told?.data === '' ? await resumed.next() : told;
    expect(next?.message).toMatchObject({ method: 'notifications/tools/list_changed' });
    resumed.drop();
  });
});

describe('a Last-Event-ID that gives nothing away [R4-27 partial: tasks, and rows of other transports]', () => {
  it.each([
    ['never was', () => 'AAAAAAAAAAAAAAAA.1'],
    ['is no event id of ours', () => 'nonsense'],
    ['names an event that has not been told yet', (last: string) => last.replace(/\.\d+$/, '.999999999')],
    ['has a number that is none', (last: string) => `${last}x`],
    ['is empty', () => ''],
    ['is long', () => 'A'.repeat(4000)],
  ])('is refused and recorded where it %s', async (what, of) => {
    const last = await dropped(legacy, what, 5);
    const told = await openEvents(legacy, { lastEventId: of(last) });
    expect([told.status, JSON.parse(told.body).error.code]).toEqual([400, -32600]);
    const ref = /\(ref ([0-9A-Z]{26})\)/.exec(told.body)?.[1];
    const shown = await gateway.admin('GET', `/log/${ref}`);
    expect(JSON.stringify(shown.body)).toContain('protocol.event_unknown');
  });

  it('is refused alike where it belongs to another session, another endpoint, another principal or another key of the same one', async () => {
    const last = await dropped(legacy, 'mine', 5);
    const stranger = await gateway.key({ name: 'stranger', roles: ['writer'] });
    const unknown = await openEvents(legacy, { lastEventId: 'AAAAAAAAAAAAAAAA.1' });
    const shape = (text: string): string => text.replaceAll(/[0-9A-HJKMNP-TV-Z]{26}/g, 'REF');
    for (const other of [
      await session(caller),
      await session({ ...caller, mcp: `${gateway.mcp}/local` }),
      await session({ mcp: gateway.mcp, key: stranger.text }),
    ]) {
      const told = await openEvents(other, { lastEventId: last });
      expect([told.status, shape(told.body)]).toEqual([unknown.status, shape(unknown.body)]);
    }
  });

  it('finds nothing once its key is revoked, or its session ended', async () => {
    const key = await gateway.key({ name: 'short', roles: ['writer'] });
    const own = await session({ mcp: gateway.mcp, key: key.text });
    const last = await dropped(own, 'revoked', 50);
    await gateway.admin('POST', `/keys/${key.id}/revoke`);
    expect((await openEvents(own, { lastEventId: last })).status).toBe(401);
    const ended = await session(caller);
    const lastOfEnded = await dropped(ended, 'ended', 50);
    await fetch(ended.mcp, { method: 'DELETE', headers: { ...ended.headers, authorization: `Bearer ${ended.key}` } });
    expect((await openEvents(ended, { lastEventId: lastOfEnded })).status).toBe(404);
  });

  it('leaves a record of every stream that is taken up', async () => {
    const last = await dropped(legacy, 'recorded', 5);
    await (await openEvents(legacy, { lastEventId: last })).rest();
    const records = await gateway.records('method=GET');
    expect(JSON.stringify(records.at(-1))).toContain(last);
  });

  it('is not read in the stateless era, which has no such thing', async () => {
    const told = await modern(caller, 1, 'tools/list', {}, { 'last-event-id': 'AAAAAAAAAAAAAAAA.1' });
    expect(told.status).toBe(200);
  });
});

describe('a server that closes the stream of a call and answers later', () => {
  it.each(['sdk 1.32.2', 'client 2.4.0 legacy'] as const)('is heard to its end by %s, which is let go meanwhile', async (name) => {
    const client = await SDK_CLIENTS[name](caller);
    const told = await client.call('polled__test_reconnection', {});
    expect(told).toEqual({ text: 'The answer came after the stream was closed and resumed.', isError: false });
    await client.end();
  });

  it('lets a client of 2025-11-25 go, and keeps one of an older revision, who could not come back', async () => {
    const body = request('polled', 'tools/call', { name: 'polled__test_reconnection', arguments: {} });
    const parked = await (await openEvents(await session(caller), { body })).rest();
    expect(parked.map(({ data }) => data)).toEqual(['', '']);
    expect(parked.at(-1)?.retry).toBe(200);
    const kept = await openEvents(await session(caller, '2025-06-18'), { body });
    expect(answered(await kept.rest()) ?? JSON.parse(kept.body).id).toBe('polled');
  });
});
