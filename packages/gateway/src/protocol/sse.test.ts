import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type SseOptions, SseReader } from './sse-reader.ts';
import { writeComment, writeEvent, writeRetry } from './sse-writer.ts';

interface Seen {
  readonly data: string;
  readonly event: string | null;
}

function read(chunks: readonly Buffer[], options?: SseOptions): { readonly events: Seen[]; readonly ok: boolean } {
  const events: Seen[] = [];
  const reader = new SseReader((data, { event }) => events.push({ data: data.toString(), event }), options);
  let ok = true;
  for (const chunk of chunks) ok = reader.push(chunk) && ok;
  return { events, ok };
}

function expected(text: string): Seen[] {
  const events: Seen[] = [];
  createParser({ onEvent: ({ data, event }) => events.push({ data, event: event ?? null }) }).feed(text);
  return events;
}

function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const ends = [...new Set(at.map((n) => n % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...ends].map((start, i) => bytes.subarray(start, ends[i] ?? bytes.length));
}

const PIECES = [
  'data: {"a":1}',
  'data:x',
  'data',
  'data:  two',
  'event: message',
  'event: ping',
  'event:',
  'id: 7',
  'retry: 10',
  ': comment',
  'other: x',
  'dat',
  ':',
];
const BREAKS = ['\n', '\n', '\n\n', '\r\n', '\r\n\r\n', '\r', '\r\r', '\n\r\n'];
const stream = fc
  .array(fc.tuple(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 6, unit: 'grapheme' })), fc.constantFrom(...BREAKS)))
  .map((lines) => lines.flat().join(''));

describe('server-sent events', () => {
  it('reads what eventsource-parser reads, however the bytes are cut', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(400), { maxLength: 12 }), (text, at) => {
        expect(read(cut(Buffer.from(text), at)).events).toEqual(expected(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('hands a chunk that is one event on as a slice of it', () => {
    const chunk = Buffer.from('event: message\ndata: {"jsonrpc":"2.0"}\n\n');
    let slice: Buffer | null = null;
    new SseReader((data) => {
      slice = data;
    }).push(chunk);
    expect((slice as Buffer | null)?.buffer).toBe(chunk.buffer);
    expect(String(slice)).toBe('{"jsonrpc":"2.0"}');
  });

  it('leaves bad UTF-8 as it is, for the strict parser to refuse', () => {
    const bytes = Buffer.concat([Buffer.from('data: '), Buffer.of(0xff), Buffer.from('\n\n')]);
    for (const chunks of [[bytes], [bytes.subarray(0, 3), bytes.subarray(3)]]) {
      const seen: Buffer[] = [];
      const reader = new SseReader((data) => seen.push(data));
      for (const chunk of chunks) reader.push(chunk);
      expect(seen).toEqual([Buffer.of(0xff)]);
    }
  });

  it.each<readonly [string, string, SseOptions]>([
    ['a line without end', `data: ${'x'.repeat(5000)}`, { maxEventBytes: 1000 }],
    ['an event of one long line', `data: ${'x'.repeat(1001)}\n\n`, { maxEventBytes: 1000 }],
    ['an event of many lines', 'data: xxxxxxxxx\n'.repeat(101), { maxEventBytes: 1000 }],
    ['an event of many empty lines', 'data\n'.repeat(200_000), { maxEventBytes: 10_000_000 }],
    ['a comment without end', `:${'x'.repeat(5000)}`, { maxEventBytes: 1000 }],
    ['a long id', `id: ${'x'.repeat(1025)}\n`, { maxEventBytes: 10_000 }],
    ['a stream of many events', 'data: x\n\n'.repeat(200), { maxEventBytes: 1000, maxTotalBytes: 1000 }],
  ])('stops at %s', (_, text, options) => {
    const bytes = Buffer.from(text);
    const chunks = Array.from({ length: Math.ceil(bytes.length / 700) }, (_unused, i) => bytes.subarray(i * 700, i * 700 + 700));
    expect(read(chunks, options).ok).toBe(false);
    expect(read([bytes], options).ok).toBe(false);
  });

  it('says when the server asks to wait', () => {
    const asked: number[] = [];
    const reader = new SseReader(() => {}, { maxEventBytes: 100, onRetry: (ms) => asked.push(ms) });
    reader.push(Buffer.from('retry: 1500\nretry: -1\nretry: 1e3\nretry: 99999999999\n\n'));
    expect(asked).toEqual([1500]);
  });

  it('writes events that are read back', () => {
    const field = fc.constantFrom('a', 'message', 'x:y');
    fc.assert(
      fc.property(fc.jsonValue(), field, (value, name) => {
        const data = JSON.stringify(value);
        const written = writeEvent({ data, event: name, id: '1' });
        expect(written.ok && expected(writeComment('hi\n\ndata: x') + writeRetry(5) + written.value)).toEqual([{ data, event: name }]);
      }),
    );
  });

  it.each([
    ['a line break in data', { data: '{}\n\ndata: {}' }],
    ['a carriage return in data', { data: 'a\rb' }],
    ['a line break in an id', { data: '{}', id: '1\ndata: x' }],
    ['a null in an id', { data: '{}', id: '\0' }],
    ['a line break in a name', { data: '{}', event: 'x\n' }],
  ])('does not write %s', (_, event) => {
    expect(writeEvent(event)).toMatchObject({ ok: false, reason: 'protocol.invalid_message' });
  });
});
