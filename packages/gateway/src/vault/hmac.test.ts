import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eraseMacKey, hmacSha256, macKeyOf } from './hmac.ts';

const expected = (key: Uint8Array, data: string | Uint8Array): string => createHmac('sha256', key).update(data).digest('hex');

describe('HMAC-SHA-256 in two hashes', () => {
  it('is what the Hmac object gives, for every length around the limits', () => {
    const key = Buffer.alloc(32, 7);
    const own = macKeyOf(key);
    for (const length of [0, 1, 55, 56, 63, 64, 65, 4095, 4096, 4097, 20_000]) {
      const data = Buffer.alloc(length, length);
      expect(hmacSha256(own, data)).toBe(expected(key, data));
      expect(hmacSha256(own, data.toString('latin1'))).toBe(expected(key, data.toString('latin1')));
    }
  });

  it('does not remember what came before', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), fc.array(fc.string({ unit: 'binary', maxLength: 300 })), (key, texts) => {
        const own = macKeyOf(Buffer.from(key));
        for (const text of texts) expect(hmacSha256(own, text)).toBe(expected(key, text));
        expect(own.inner.subarray(64).every((byte) => byte === 0)).toBe(true);
      }),
    );
  });

  it('leaves nothing of the key behind when it is erased', () => {
    const own = macKeyOf(Buffer.alloc(32, 9));
    eraseMacKey(own);
    expect([...own.key, ...own.inner, ...own.outer].every((byte) => byte === 0)).toBe(true);
  });
});
