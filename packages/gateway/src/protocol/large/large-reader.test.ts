import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { sha256Hex } from '../../base/bytes.ts';
import { canonicalize } from '../../base/canonical.ts';
import { LIMITS } from '../../base/limits.ts';
import { parseStrict } from '../strict-json.ts';
import { openLargeReader } from './large-reader.ts';

const reader = openLargeReader();
afterAll(() => reader.close());

const bytes = (text: string): Buffer => Buffer.from(text);
const call = (given: unknown): string =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 't', arguments: given } });

describe('reading a large body in a thread', () => {
  it.each([
    ['bad UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'protocol.invalid_utf8'],
    ['a byte order mark', bytes('﻿{}'), 'protocol.byte_order_mark'],
    ['a duplicate key', bytes('{"a":1,"a":2}'), 'protocol.duplicate_key'],
    ['__proto__', bytes('{"__proto__":1}'), 'protocol.forbidden_key'],
    ['a number that would change', bytes('{"a":12345678901234567890}'), 'protocol.unsafe_number'],
    ['no JSON', bytes('{"a":'), 'protocol.invalid_json'],
    ['10 MB of brackets', Buffer.alloc(LIMITS.bodyBytes, '['), 'protocol.too_deep'],
  ])('refuses %s for the reason that the main thread would give', async (_what, body, reason) => {
    expect(await reader.read(body)).toMatchObject({ ok: false, reason });
    expect(parseStrict(body)).toMatchObject({ ok: false, reason });
  });

  it('gives what parseStrict gives, and the digest of the arguments', async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string({ maxLength: 8 }), fc.jsonValue({ maxDepth: 3 })), async (given) => {
        const body = bytes(call(given));
        const here = parseStrict(body);
        const there = await reader.read(body);
        expect(there.ok).toBe(here.ok);
        if (!here.ok || !there.ok) return;
        expect(there.value.text).toBe(here.value.text);
        expect(there.value.value).toEqual(here.value.value);
        const canonical = canonicalize((here.value.value as { params: { arguments: unknown } }).params.arguments);
        expect(there.value.argumentsDigest).toBe(canonical.ok ? sha256Hex(canonical.value) : null);
      }),
      { numRuns: 200 },
    );
  });

  it('leaves the caller its bytes', async () => {
    const body = bytes(call({ text: 'x'.repeat(300_000) }));
    const before = sha256Hex(body);
    await reader.read(body);
    expect(sha256Hex(body)).toBe(before);
  });

  it('refuses instead of waiting once it is closed', async () => {
    const own = openLargeReader();
    await own.close();
    expect(await own.read(bytes('{}'))).toMatchObject({ ok: false, reason: 'protocol.reading_too_slow' });
  });
});
