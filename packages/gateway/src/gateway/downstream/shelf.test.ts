import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DownstreamSessionId, KeyId, PrincipalId } from '../../base/ids.ts';
import { LIMITS } from '../../base/limits.ts';
import type { ResumableStream } from './resumable-stream.ts';
import { Shelf } from './shelf.ts';
import type { Connection } from './stream.ts';

const KEY = 'key' as KeyId;
const of = (id: string, principal = 'p') => ({
  id: id as DownstreamSessionId,
  principalId: principal as PrincipalId,
  revision: '2025-11-25' as const,
});
const MEGABYTE = JSON.stringify('x'.repeat(1_048_576));

function clockAt(): { now: () => number; monotonic: () => number; ms: number } {
  const clock = { ms: 0, now: () => clock.ms, monotonic: () => clock.ms };
  return clock;
}

/** A reader that takes `room` bytes at a time. */
function reader(room = Number.POSITIVE_INFINITY): Connection & { readonly text: () => string; drain(): void } {
  let [text, waiting, ended] = ['', 0, false];
  let listener = (): void => undefined;
  return {
    write: (more) => {
      if (ended) return;
      text += more;
      waiting += more.length;
    },
    get full() {
      return waiting > room;
    },
    onRoom: (told) => {
      listener = told;
    },
    end: () => {
      ended = true;
    },
    cut: () => {
      ended = true;
    },
    get ended() {
      return ended;
    },
    text: () => text,
    drain: () => {
      waiting = 0;
      listener();
    },
  };
}

const lastIdOf = (stream: ResumableStream, seq: number): string => `${stream.name}.${seq}`;
const told = (text: string): readonly string[] => [...text.matchAll(/^data: (.+)$/gm)].map(([, data = '']) => data);

describe('streams that can be taken up again', () => {
  it('tell every message once and in order, wherever connections end', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constant('drop'), fc.constant('send')), { maxLength: 60 }), (acts) => {
        const shelf = new Shelf(clockAt());
        const stream = shelf.open(of('s'), KEY);
        let connection = reader();
        stream.attach(connection, null);
        let [sent, text] = [0, ''];
        for (const act of acts) {
          if (act === 'send') stream.send(String(++sent));
          else {
            text += connection.text();
            stream.detached(connection);
            connection = reader();
            const after = told(text).length;
            const point = shelf.find('s' as DownstreamSessionId, KEY, lastIdOf(stream, after));
            expect(point).toEqual({ stream, after });
            stream.attach(connection, after);
          }
        }
        stream.end();
        expect(told(text + connection.text())).toEqual(Array.from({ length: sent }, (_, i) => String(i + 1)));
        expect(connection.ended).toBe(true);
      }),
    );
  });

  it('keep what a slow reader has not taken, and tell it when it has', () => {
    const stream = new Shelf(clockAt()).open(of('s'), KEY);
    const slow = reader(10);
    stream.attach(slow, null);
    for (let i = 1; i <= 5; i++) stream.send(String(i));
    stream.end();
    for (let i = 0; i < 10 && !slow.ended; i++) slow.drain();
    expect(told(slow.text())).toEqual(['1', '2', '3', '4', '5']);
  });

  it('keep a bounded number of events, and cut a reader that has not read what is dropped', () => {
    const shelf = new Shelf(clockAt());
    const stream = shelf.open(of('s'), KEY);
    const stuck = reader(0);
    stream.attach(stuck, null);
    for (let i = 0; i < LIMITS.replayEvents + 2; i++) stream.send('1');
    expect(stuck.ended).toBe(true);
    const again = reader();
    stream.attach(again, 0);
    expect(told(again.text()).length).toBe(LIMITS.replayEvents);
  });

  it('keep at most so many bytes for one session: what is complete goes first, oldest first', () => {
    const shelf = new Shelf(clockAt());
    const [first, second, third] = [0, 1, 2].map(() => shelf.open(of('s'), KEY));
    for (const stream of [first, second]) {
      for (let i = 0; i < 7; i++) stream?.send(MEGABYTE);
      stream?.end();
    }
    for (let i = 0; i < 5; i++) third?.send(MEGABYTE);
    expect(shelf.bytes).toBeLessThanOrEqual(LIMITS.replaySessionBytes);
    expect(first?.has(1)).toBe(false);
    expect(second?.has(1)).toBe(true);
  });

  it('keep at most so many bytes for all sessions, and never more than a session may', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ session: fc.integer({ min: 0, max: 9 }), megabytes: fc.integer({ min: 1, max: 9 }), end: fc.boolean() }), {
          maxLength: 40,
        }),
        (acts) => {
          const shelf = new Shelf(clockAt());
          for (const { session, megabytes, end } of acts) {
            const stream = shelf.open(of(`s${session}`, `p${session}`), KEY);
            for (let i = 0; i < megabytes; i++) stream.send(MEGABYTE);
            if (end) stream.end();
            expect(shelf.bytes).toBeLessThanOrEqual(LIMITS.replayBytes);
          }
          for (let session = 0; session < 10; session++) shelf.endSession(`s${session}` as DownstreamSessionId);
          expect([shelf.bytes, shelf.size]).toEqual([0, 0]);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('that are never finished fill the share of their principal and no more: the oldest events go, and nobody else loses any', () => {
    const shelf = new Shelf(clockAt());
    const finished = shelf.open(of('hers', 'ann'), KEY);
    const open = shelf.open(of('hers', 'ann'), KEY);
    for (const stream of [finished, open]) for (let i = 0; i < 3; i++) stream.send(MEGABYTE);
    finished.end();
    const greedy: ResumableStream[] = [];
    for (let session = 0; session < 32; session++) {
      const stream = shelf.open(of(`s${session}`, 'ben'), KEY);
      for (let i = 0; i < 8; i++) stream.send(MEGABYTE);
      greedy.push(stream);
    }
    const kept = (stream: ResumableStream): readonly string[] => {
      const all = reader();
      stream.attach(all, 0);
      return told(all.text());
    };
    expect(shelf.bytes).toBeLessThanOrEqual(LIMITS.replayPrincipalBytes + 7 * 1_048_576);
    expect(greedy.map(kept).map((messages) => messages.length)).toEqual([...Array.from({ length: 29 }, () => 0), 7, 8, 8]);
    for (const stream of [finished, open]) expect(kept(stream).length).toBe(3);
  });

  it('of many principals that fill the gateway are dropped from whoever keeps most, never from who keeps little', () => {
    const shelf = new Shelf(clockAt());
    const little = shelf.open(of('hers', 'ann'), KEY);
    little.send(MEGABYTE);
    little.end();
    for (let principal = 0; principal < 5; principal++) {
      for (const session of [0, 1]) {
        const stream = shelf.open(of(`s${principal}.${session}`, `p${principal}`), KEY);
        for (let i = 0; i < 12; i++) stream.send(MEGABYTE);
      }
    }
    expect(shelf.bytes).toBeLessThanOrEqual(LIMITS.replayBytes);
    expect(shelf.bytes).toBeGreaterThan(LIMITS.replayBytes - 2 * 1_048_576);
    expect(little.has(1)).toBe(true);
  });

  it('are forgotten when they have been complete for long enough, and not before', () => {
    const clock = clockAt();
    const shelf = new Shelf(clock);
    const [over, open] = [shelf.open(of('s'), KEY), shelf.open(of('s'), KEY)];
    over.send('1');
    over.end();
    open.send('1');
    clock.ms = LIMITS.replayMs - 1;
    expect(shelf.find('s' as DownstreamSessionId, KEY, lastIdOf(over, 1))).not.toBeNull();
    clock.ms = LIMITS.replayMs + 1;
    expect(shelf.find('s' as DownstreamSessionId, KEY, lastIdOf(over, 1))).toBeNull();
    expect(shelf.find('s' as DownstreamSessionId, KEY, lastIdOf(open, 1))).not.toBeNull();
  });

  it('are found by their session and their key alone', () => {
    const shelf = new Shelf(clockAt());
    const stream = shelf.open(of('s'), KEY);
    stream.send('1');
    const id = lastIdOf(stream, 1);
    expect(shelf.find('s' as DownstreamSessionId, 'other' as KeyId, id)).toBeNull();
    expect(shelf.find('t' as DownstreamSessionId, KEY, id)).toBeNull();
    for (const wrong of ['', '.', `${stream.name}`, `${stream.name}.`, `${stream.name}.-1`, `${stream.name}.2`, `${id} `, `x${id}`])
      expect(shelf.find('s' as DownstreamSessionId, KEY, wrong)).toBeNull();
    shelf.endOpener(KEY);
    expect(shelf.find('s' as DownstreamSessionId, KEY, id)).toBeNull();
  });
});
