import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { LIMITS } from '../../base/limits.ts';
import { failure } from '../../base/result.ts';
import { type LargeReader, openLargeReader } from '../../protocol/index.ts';
import { MessageReader } from './message-reader.ts';
import type { Read } from './read-message.ts';

const large = openLargeReader();
afterAll(() => large.close());

const note = (n: number, bytes = 0): Buffer =>
  Buffer.from(JSON.stringify({ jsonrpc: '2.0', method: 'n', params: { n, filler: 'x'.repeat(bytes) } }));
const BIG = LIMITS.largeBytes + 1;
const numberOf = (read: Read): unknown => (read.ok && read.value.kind === 'notification' ? read.value.params['n'] : read);

async function readAll(
  messages: readonly Buffer[],
  reading: LargeReader = large,
): Promise<{ readonly taken: unknown[]; readonly atOnce: number }> {
  const taken: unknown[] = [];
  const reader = new MessageReader(reading, (read) => void taken.push(numberOf(read)));
  for (const message of messages) reader.read(message);
  const atOnce = taken.length;
  await new Promise<void>((done) => reader.whenRead(done));
  return { taken, atOnce };
}

/** The real one, which also counts. */
function counting(): LargeReader & { readonly count: () => number } {
  let count = 0;
  const read: LargeReader['read'] = (bytes) => {
    count += 1;
    return large.read(bytes);
  };
  return { count: () => count, close: () => Promise.resolve(), read };
}

describe('the messages of one stream', () => {
  it('are taken at once while they are small, and never seen by the thread', async () => {
    const seen = counting();
    expect(await readAll([note(1), note(2), note(3, LIMITS.largeBytes - 200)], seen)).toEqual({ taken: [1, 2, 3], atOnce: 3 });
    expect(seen.count()).toBe(0);
  });

  it('are read in a thread where they are large, and what follows waits for them', async () => {
    const seen = counting();
    expect(await readAll([note(1), note(2, BIG), note(3), note(4, BIG), note(5)], seen)).toEqual({ taken: [1, 2, 3, 4, 5], atOnce: 1 });
    expect(seen.count()).toBe(2);
  });

  it('keep their order, however large and small follow each other', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 12 }), async (sizes) => {
        const messages = sizes.map((isLarge, i) => note(i, isLarge ? BIG : 0));
        expect((await readAll(messages)).taken).toEqual(sizes.map((_, i) => i));
      }),
      { numRuns: 15 },
    );
  });

  it('are what they were when they came, though their buffer is used again', async () => {
    const taken: unknown[] = [];
    const reader = new MessageReader(large, (read) => void taken.push(numberOf(read)));
    const small = note(2);
    reader.read(note(1, BIG));
    reader.read(small);
    small.fill(0x20);
    await new Promise<void>((done) => reader.whenRead(done));
    expect(taken).toEqual([1, 2]);
  });

  it.each([
    ['is too large', Buffer.alloc(LIMITS.bodyBytes + 1, '['), 'gateway.upstream_too_large'],
    ['is too deep', Buffer.alloc(BIG, '['), 'gateway.upstream_garbage'],
    ['is not UTF-8', Buffer.alloc(BIG, 0xff), 'gateway.upstream_garbage'],
    ['has a key twice', Buffer.from(`{"a":"${'x'.repeat(BIG)}","a":1}`), 'gateway.upstream_garbage'],
  ])('go on after one that %s', async (_, bad, reason) => {
    const { taken } = await readAll([bad, note(2)]);
    expect(taken).toEqual([expect.objectContaining({ ok: false, reason }), 2]);
  });

  it('go on after one that the thread could not read in time', async () => {
    const slow: LargeReader = {
      close: () => Promise.resolve(),
      read: () => Promise.resolve(failure('protocol.reading_too_slow', 'timeout')),
    };
    const { taken } = await readAll([note(1, BIG), note(2)], slow);
    expect(taken).toEqual([expect.objectContaining({ ok: false, reason: 'gateway.upstream_too_large' }), 2]);
  });
});
