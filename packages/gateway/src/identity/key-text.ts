import { crc32 } from 'node:zlib';

// `sp_`, 32 random bytes in base64url (43 characters), `_`, CRC-32 of what stands before in base64url (6 characters). The prefix lets secret
// scanners find a key in source or logs, the checksum lets them (and us, before any work) tell it from noise.

const PREFIX = 'sp_';
const SHAPE = /^sp_[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]_[A-Za-z0-9_-]{5}[AQgw]$/;
export const KEY_TEXT_LENGTH = 53;
const BODY_LENGTH = 46;
export const KEY_BYTES = 32;

/** The text of a key. @param bytes 32 random bytes. */
export function keyTextOf(bytes: Buffer): string {
  const body = PREFIX + bytes.toString('base64url');
  return `${body}_${checksum(body)}`;
}

/** Whether a text has the form of our keys, checksum included. Says nothing about whether the key exists. */
export const isKeyText = (text: string): boolean =>
  text.length === KEY_TEXT_LENGTH && SHAPE.test(text) && checksum(text.slice(0, BODY_LENGTH)) === text.slice(BODY_LENGTH + 1);

function checksum(body: string): string {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return sum.toString('base64url');
}
