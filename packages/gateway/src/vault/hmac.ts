import { createHmac, hash } from 'node:crypto';

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
/** Data up to here is hashed in one step beside the padded key; more of it would be copied for nothing. */
const SMALL_BYTES = 4096;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

/** A key with room for the data beside its padded forms (RFC 2104 section 2). Not shared between threads. */
export interface MacKey {
  readonly key: Buffer;
  /** Key XOR ipad, then the data. */
  readonly inner: Buffer;
  /** Key XOR opad, then the inner digest. */
  readonly outer: Buffer;
}

/** At most 64 bytes of key, which is all that this room derives. */
export function macKeyOf(key: Buffer): MacKey {
  const inner = Buffer.alloc(BLOCK_BYTES + SMALL_BYTES, 0);
  const outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES, 0);
  for (let i = 0; i < BLOCK_BYTES; i++) {
    inner[i] = (key[i] ?? 0) ^ INNER_PAD;
    outer[i] = (key[i] ?? 0) ^ OUTER_PAD;
  }
  return { key, inner, outer };
}

export function eraseMacKey({ key, inner, outer }: MacKey): void {
  key.fill(0);
  inner.fill(0);
  outer.fill(0);
}

/**
 * HMAC-SHA-256 (RFC 2104, FIPS 198-1), hex. Two one-shot hashes cost a fifth of an Hmac object, whose making fetches the algorithm anew; and a digest
 * that is given as a string a third of one that is given as a buffer, which is allocated outside the heap.
 */
export function hmacSha256({ key, inner, outer }: MacKey, data: string | Uint8Array): string {
  const length = typeof data === 'string' ? Buffer.byteLength(data) : data.length;
  if (length > SMALL_BYTES) return createHmac('sha256', key).update(data).digest('hex');
  if (typeof data === 'string') inner.write(data, BLOCK_BYTES, 'utf8');
  else inner.set(data, BLOCK_BYTES);
  outer.write(hash('sha256', inner.subarray(0, BLOCK_BYTES + length), 'hex'), BLOCK_BYTES, 'hex');
  // What is MACed may be an API key: it does not stay here.
  inner.fill(0, BLOCK_BYTES, BLOCK_BYTES + length);
  return hash('sha256', outer, 'hex');
}
