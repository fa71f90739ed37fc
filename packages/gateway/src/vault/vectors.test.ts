import { describe, expect, test } from 'vitest';
import { decrypt, encryptInto, TAG_BYTES } from './aes-gcm.ts';
import { hmacSha256, macKeyOf } from './hmac.ts';
import gcm from './vectors/aes-256-gcm.json' with { type: 'json' };
import mac from './vectors/hmac-sha256.json' with { type: 'json' };

const hex = (text: string) => Buffer.from(text, 'hex');

const sealed = gcm.wycheproof.filter(({ result }) => result === 'valid');
const forged = gcm.wycheproof.filter(({ result }) => result === 'invalid');

test('every known answer is one of ours to run', () => {
  const counts = { gcmValid: sealed.length, gcmInvalid: forged.length, mac: mac.wycheproof.length };
  console.log(`vault: ${gcm.wycheproof.length} cases of AES-256-GCM, ${counts.mac} of HMAC-SHA-256`);
  expect(counts).toEqual({ gcmValid: 19, gcmInvalid: 27, mac: 81 });
  expect(sealed.length + forged.length).toBe(gcm.wycheproof.length);
});

describe('AES-256-GCM', () => {
  test.each(sealed)('case $id seals to the known answer and opens it', ({ key, iv, aad, msg, ct, tag }) => {
    const out = Buffer.alloc(hex(msg).length + TAG_BYTES);
    encryptInto(out, hex(key), hex(iv), hex(aad), hex(msg));
    expect(out.toString('hex')).toBe(ct + tag);
    expect(decrypt(hex(key), hex(iv), hex(aad), hex(ct + tag))?.toString('hex')).toBe(msg);
  });

  test.each(forged)('case $id does not open', ({ key, iv, aad, ct, tag }) => {
    expect(decrypt(hex(key), hex(iv), hex(aad), hex(ct + tag))).toBeNull();
  });

  test.each(sealed)('case $id opens with no bit of tag, nonce or data changed, nor with a tag cut short', ({ key, iv, aad, ct, tag }) => {
    for (let bit = 0; bit < 128; bit++)
      expect(decrypt(hex(key), hex(iv), hex(aad), flipped(hex(ct + tag), hex(ct).length * 8 + bit))).toBeNull();
    for (let bit = 0; bit < 96; bit++) expect(decrypt(hex(key), flipped(hex(iv), bit), hex(aad), hex(ct + tag))).toBeNull();
    expect(decrypt(hex(key), hex(iv), hex(`${aad}00`), hex(ct + tag))).toBeNull();
    for (const length of [0, 4, 8, 12, 15]) expect(decrypt(hex(key), hex(iv), hex(aad), hex(tag).subarray(0, length))).toBeNull();
  });
});

describe('HMAC-SHA-256', () => {
  test.each(mac.wycheproof)('case $id is $result', ({ key, msg, tag, result }) => {
    expect(hmacSha256(macKeyOf(hex(key)), hex(msg)) === tag).toBe(result === 'valid');
  });
});

function flipped(bytes: Buffer, bit: number): Buffer {
  const at = bit >> 3;
  bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << (bit & 7)), at);
  return bytes;
}
