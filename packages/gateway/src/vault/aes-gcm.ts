import { createCipheriv, createDecipheriv } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
export const KEY_BYTES = 32;
export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;
const OPTIONS = { authTagLength: TAG_BYTES };

/**
 * AES-256-GCM (NIST SP 800-38D), 96-bit nonce, 128-bit tag. Writes the ciphertext and the tag behind it into `sealed`, which is `TAG_BYTES` longer
 * than `plain`: the one allocation is the caller's.
 */
export function encryptInto(sealed: Buffer, key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plain: Uint8Array): void {
  // 128 bits is the length of the tag without being asked for, and options cost more than the cipher itself.
  const cipher = createCipheriv(ALGORITHM, key, nonce);
  cipher.setAAD(aad);
  const length = cipher.update(plain).copy(sealed);
  cipher.final();
  if (length + cipher.getAuthTag().copy(sealed, length) !== sealed.length)
    throw new Error('the sealed text has another length than its place');
}

/** Null where the tag does not fit; nothing of the text is given out before it was checked. */
export function decrypt(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Buffer | null {
  const split = sealed.length - TAG_BYTES;
  if (split < 0 || nonce.length !== NONCE_BYTES) return null;
  const decipher = createDecipheriv(ALGORITHM, key, nonce, OPTIONS);
  decipher.setAAD(aad);
  decipher.setAuthTag(sealed.subarray(split));
  const start = decipher.update(sealed.subarray(0, split));
  try {
    return Buffer.concat([start, decipher.final()]);
  } catch {
    start.fill(0);
    return null;
  }
}
