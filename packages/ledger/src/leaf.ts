import { createHash, hash } from 'node:crypto';

/** RFC 6962 2.1: a leaf and an inner node never hash alike, because their first byte differs. */
export const LEAF_PREFIX = 0x00;

const PREFIX: Uint8Array = Uint8Array.of(LEAF_PREFIX);

/** SHA-256 of 0x00 and the canonical public part, as 64 hex digits: the record's leaf in the tree (RFC 6962 2.1). */
export function leafOf(canonical: Uint8Array): string {
  return createHash('sha256').update(PREFIX).update(canonical).digest('hex');
}

/** The same for a writer that keeps the prefix in front of the record, so that one call hashes both without a copy. */
export function leafOfPrefixed(prefixed: Uint8Array): string {
  if (prefixed[0] !== LEAF_PREFIX) throw new Error('leaf without its prefix');
  return hash('sha256', prefixed, 'hex');
}
