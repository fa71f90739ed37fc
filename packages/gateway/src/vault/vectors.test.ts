import { describe, expect, test } from 'vitest';
import { decrypt, encryptInto, TAG_BYTES } from './aes-gcm.ts';
import { hmacSha256 } from './hmac.ts';
import gcm from './vectors/aes-256-gcm.json' with { type: 'json' };
import mac from './vectors/hmac-sha256.json' with { type: 'json' };

const hex = (text: string) => Buffer.from(text, 'hex');

describe.each(Object.entries(gcm))('AES-256-GCM, %s', (_source, cases) => {
  test.each(cases)('case $id seals to the known answer and opens it', ({ key, iv, aad, msg, ct, tag }) => {
    const sealed = Buffer.alloc(hex(msg).length + TAG_BYTES);
    encryptInto(sealed, hex(key), hex(iv), hex(aad), hex(msg));
    expect(sealed.toString('hex')).toBe(ct + tag);
    expect(decrypt(hex(key), hex(iv), hex(aad), hex(ct + tag))?.toString('hex')).toBe(msg);
  });

  test.each(cases)('case $id opens with no bit of tag, nonce or data changed, nor with a tag cut short', ({ key, iv, aad, ct, tag }) => {
    for (let bit = 0; bit < 128; bit++)
      expect(decrypt(hex(key), hex(iv), hex(aad), flipped(hex(ct + tag), hex(ct).length * 8 + bit))).toBeNull();
    for (let bit = 0; bit < 96; bit++) expect(decrypt(hex(key), flipped(hex(iv), bit), hex(aad), hex(ct + tag))).toBeNull();
    expect(decrypt(hex(key), hex(iv), hex(`${aad}00`), hex(ct + tag))).toBeNull();
    for (const length of [0, 4, 8, 12, 15]) expect(decrypt(hex(key), hex(iv), hex(aad), hex(tag).subarray(0, length))).toBeNull();
  });
});

describe.each(Object.entries(mac))('HMAC-SHA-256, %s', (_source, cases) => {
  test.each(cases)('case $id is $result', ({ key, msg, tag, result }) => {
    expect(hmacSha256(hex(key), hex(msg)).toString('hex') === tag).toBe(result === 'valid');
  });
});

function flipped(bytes: Buffer, bit: number): Buffer {
  const at = bit >> 3;
  bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << (bit & 7)), at);
  return bytes;
}
