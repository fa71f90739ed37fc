import { createHmac } from 'node:crypto';

/** HMAC-SHA-256 (RFC 2104, FIPS 198-1). 32 bytes. */
export const hmacSha256 = (key: Uint8Array, data: string | Uint8Array): Buffer => createHmac('sha256', key).update(data).digest();
