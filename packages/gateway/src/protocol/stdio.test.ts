import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineReader, StdioFraming } from './stdio.ts';

function lines(chunks: readonly Buffer[], max: number): { readonly seen: string[]; readonly tooLong: number } {
  const seen: string[] = [];
  let tooLong = 0;
  const reader = new LineReader(
    (line) => seen.push(line.toString()),
    () => tooLong++,
    max,
  );
  for (const chunk of chunks) reader.push(chunk);
  return { seen, tooLong };
}

function framing(maxBytes?: number) {
  const input = new PassThrough();
  const output = new PassThrough({ highWaterMark: 64 });
  const seen: string[] = [];
  const listener = {
    onMessage: (bytes: Buffer) => void seen.push(`message ${bytes}`),
    onGarbage: (start: string) => void seen.push(`garbage ${start}`),
    onTooLong: () => void seen.push('too long'),
    onEnd: (pending: number) => void seen.push(`end ${pending}`),
  };
  return { input, output, seen, frames: new StdioFraming(input, output, listener, maxBytes) };
}

describe('stdio framing', () => {
  it('finds the same lines however the bytes are cut', () => {
    const text = fc.array(fc.constantFrom('{"a":1}', 'é', '', '\n', '\r\n', 'x')).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 5 }), (source, size) => {
        const bytes = Buffer.from(source);
        const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
        const expected = source
          .split('\n')
          .slice(0, -1)
          .map((line) => line.replace(/\r$/, ''))
          .filter((line) => line !== '');
        expect(lines(chunks, 1000).seen).toEqual(expected);
      }),
    );
  });

  it.each([
    ['a line without end', ['x'.repeat(12)], 0],
    ['a line that ends', [`${'x'.repeat(11)}\n{}\n`], 0],
    ['a line in many parts', ['xxxx', 'xxxx', 'xxxx', '\n{}\n'], 0],
    ['a line after a good one', [`{}\n${'x'.repeat(12)}`], 1],
  ])('stops once at %s', (_, parts, before) => {
    expect(
      lines(
        parts.map((part) => Buffer.from(part)),
        10,
      ),
    ).toMatchObject({ tooLong: 1, seen: { length: before } });
  });

  it('takes a line of exactly the limit, with either end', () => {
    expect(lines([Buffer.from(`${'x'.repeat(10)}\r\n${'y'.repeat(10)}\n`)], 10)).toEqual({
      seen: ['x'.repeat(10), 'y'.repeat(10)],
      tooLong: 0,
    });
  });

  it('reports lines that are no message and goes on, and what was cut off at the end', async () => {
    const { input, seen } = framing();
    input.write(`Server v1 ready ${'.'.repeat(500)}\n {"a":1}\r\n[1]\n`);
    input.end('{"cut');
    await setImmediate();
    await setImmediate();
    expect(seen).toEqual([`garbage Server v1 ready ${'.'.repeat(184)}`, 'message  {"a":1}', 'message [1]', 'end 5']);
  });

  it('never sends what would be two messages', async () => {
    const { output, frames } = framing();
    expect(await frames.send('{}\n{}')).toBe(false);
    expect(await frames.send('{"a":1}')).toBe(true);
    expect(String(output.read())).toBe('{"a":1}\n');
  });

  it('waits while the reader is slow, and gives up when the stream closes', async () => {
    const { output, frames } = framing();
    let sent: boolean | null = null;
    const first = frames.send(`"${'x'.repeat(100)}"`).then((value) => {
      sent = value;
    });
    await setImmediate();
    expect(sent).toBeNull();
    output.resume();
    await first;
    expect(sent).toBe(true);
    output.pause();
    const second = frames.send(`"${'y'.repeat(200)}"`);
    output.destroy();
    expect(await second).toBe(false);
    expect(await frames.send('{}')).toBe(false);
  });

  it('lets go of its streams', async () => {
    const { input, seen, frames } = framing();
    frames.close();
    input.end('{}\n');
    await setImmediate();
    expect(seen).toEqual([]);
  });
});
