import { describe, expect, it } from 'vitest';
import { LineReader, parseStrict, SseReader } from '../../src/protocol/index.ts';

const MB = 1_048_576;
const BODY = 10 * MB;

interface Cost {
  readonly outcome: string;
  readonly ms: number;
  readonly rssMb: number;
}

/** Time is the least of three runs, since other work shares the processor; memory is the growth over all three. */
function costOf(bytes: Buffer): Cost {
  const before = process.memoryUsage.rss();
  let ms = Number.POSITIVE_INFINITY;
  let outcome = '';
  for (let i = 0; i < 3; i++) {
    const start = performance.now();
    const parsed = parseStrict(bytes);
    ms = Math.min(ms, performance.now() - start);
    outcome = parsed.ok ? 'accepted' : parsed.reason;
  }
  return { outcome, ms, rssMb: (process.memoryUsage.rss() - before) / MB };
}

/** Exactly the largest body: one piece over and over, spaces for what is left. */
function fill(open: string, piece: string, close: string): Buffer {
  const count = Math.floor((BODY - open.length - close.length) / piece.length);
  return Buffer.from((open + piece.repeat(count) + close).padEnd(BODY));
}

const REFUSED: readonly (readonly [string, string, Buffer])[] = [
  ['10 MB of opening brackets', 'protocol.too_deep', fill('', '[', '')],
  ['10 MB of opening braces and keys', 'protocol.too_deep', fill('', '{"a":', '')],
  ['10 MB of flat brackets', 'protocol.too_wide', fill('[', '[],', '[]]')],
  ['10 MB of commas', 'protocol.too_wide', fill('[', ',', ']')],
  ['10 MB of small numbers', 'protocol.too_wide', fill('[', '1,', '1]')],
  ['10 MB of one object', 'protocol.too_wide', fill('{', '"k":1,', '"k":1}')],
  ['10 MB of one key', 'protocol.too_wide', fill('{"', 'k', '":1}')],
  ['10 MB of one number', 'protocol.unsafe_number', fill('[', '1', ']')],
  ['10 MB of fraction', 'protocol.unsafe_number', fill('[0.', '1', ']')],
  ['10 MB of spaces', 'protocol.invalid_json', fill('', ' ', '')],
  ['10 MB of one string without end', 'protocol.invalid_json', fill('"', 'x', '')],
  ['10 MB of escaped quotes without end', 'protocol.invalid_json', fill('"', '\\"', '')],
  ['10 MB of backslashes without end', 'protocol.invalid_json', fill('"', '\\\\', '')],
  ['10 MB of bytes that are no UTF-8', 'protocol.invalid_utf8', fill('', ' ', '').fill(0xff, BODY - 1)],
];

describe('what 10 MB cost', () => {
  it.each(REFUSED)('refuses %s in less than 200 ms and 50 MB', (_, reason, bytes) => {
    const { outcome, ms, rssMb } = costOf(bytes);
    expect(outcome).toBe(reason);
    expect(ms).toBeLessThan(200);
    expect(rssMb).toBeLessThan(50);
  });

  it.each([
    ['arrays', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['objects', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
  ])('refuses JSON of 100,000 levels of %s before it is parsed [R2-040 partial: body size, decompression, HTTP status]', (_, text) => {
    const { outcome, ms, rssMb } = costOf(Buffer.from(text));
    expect(outcome).toBe('protocol.too_deep');
    expect(ms).toBeLessThan(200);
    expect(rssMb).toBeLessThan(50);
  });

  it.each([
    ['letters', fill('"', 'x', '"'), 200],
    ['escaped quotes', fill('"', '\\"', '"'), 1000],
    ['other letters', Buffer.from(`"${'é'.repeat(BODY / 2 - 1)}"`), 500],
  ])('accepts one string of 10 MB of %s', (_, bytes, withinMs) => {
    const { outcome, ms } = costOf(bytes);
    expect(outcome).toBe('accepted');
    expect(ms).toBeLessThan(withinMs * 3);
  });
});

describe('what 10 MB a byte at a time cost', () => {
  it.each<readonly [string, (taken: () => void) => (chunk: Buffer) => unknown]>([
    [
      'an event',
      (taken) => {
        const reader = new SseReader(taken);
        return (chunk) => reader.push(chunk);
      },
    ],
    [
      'a line',
      (taken) => {
        const reader = new LineReader(taken, () => {});
        return (chunk) => reader.push(chunk);
      },
    ],
  ])('reads %s in less than 100 MB', (_, open) => {
    let count = 0;
    const push = open(() => count++);
    const before = process.memoryUsage.rss();
    push(Buffer.from('data: '));
    const byte = Buffer.from('x');
    for (let i = 0; i < BODY - 100; i++) push(byte);
    push(Buffer.from('\n\n'));
    expect(count).toBe(1);
    expect((process.memoryUsage.rss() - before) / MB).toBeLessThan(100);
  });
});
