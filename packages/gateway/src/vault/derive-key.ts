import { createHmac } from 'node:crypto';

/** What a key of the file is made into. One derived key for one algorithm: none is used for two. */
export type KeyUse = 'seal' | 'mac' | 'id';

/** HMAC-SHA-256 as the expansion of a key that is uniformly random already (RFC 5869 section 3.3, one block). 32 bytes. */
export const deriveKey = (key: Uint8Array, use: KeyUse): Buffer => createHmac('sha256', key).update(`sallyport vault v1 ${use}`).digest();

/**
 * The public name of a key: 128 bits that commit to it, 32 hex digits. An envelope carries it, so that no ciphertext can be made to open under
 * two of our keys (the invisible-salamander attack on GCM).
 */
export const keyIdOf = (key: Uint8Array): string => deriveKey(key, 'id').subarray(0, 16).toString('hex');
