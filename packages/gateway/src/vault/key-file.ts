import { sha256 } from '../base/bytes.ts';
import type { KeyPurpose } from '../contracts/vault.ts';
import { KEY_BYTES } from './aes-gcm.ts';

// Format 1: one line that says what it is, then 48 bytes a key (16 of its purpose in ASCII, padded with zeros, 32 of key), then SHA-256 over
// all of that. Binary, so that no key ever becomes text, which could not be overwritten in memory.

const TITLE = Buffer.from(
  'sallyport key file v1: four keys of 256 bits. Keep a copy in a safe place; without it the data directory cannot be read.\n',
);
const TITLE_START = Buffer.from('sallyport key file v');
const NAME_BYTES = 16;
const SLOT_BYTES = NAME_BYTES + KEY_BYTES;
const SUM_BYTES = 32;

/** The order in the file. */
export const PURPOSES = ['state', 'audit', 'pepper', 'handles'] as const satisfies readonly KeyPurpose[];
export const KEY_FILE_BYTES = TITLE.length + PURPOSES.length * SLOT_BYTES + SUM_BYTES;

export type Keys = Readonly<Record<KeyPurpose, Buffer>>;

export function encodeKeyFile(keys: Keys): Buffer {
  const slots = PURPOSES.flatMap((purpose) => [nameOf(purpose), keys[purpose]]);
  const body = Buffer.concat([TITLE, ...slots]);
  const file = Buffer.concat([body, sha256(body)]);
  body.fill(0);
  return file;
}

/** The keys, as copies, or what is wrong with the file. */
export function decodeKeyFile(file: Buffer): Keys | string {
  if (!file.subarray(0, TITLE_START.length).equals(TITLE_START)) return 'it does not begin like a key file';
  if (!file.subarray(0, TITLE.length).equals(TITLE)) return 'it has another version than 1, or its first line was changed';
  if (file.length !== KEY_FILE_BYTES) return `it has ${file.length} bytes instead of ${KEY_FILE_BYTES}`;
  const body = file.subarray(0, -SUM_BYTES);
  if (!sha256(body).equals(file.subarray(-SUM_BYTES))) return 'its checksum does not fit its content';
  return keysOf(body);
}

export function eraseKeys(keys: Keys): void {
  for (const purpose of PURPOSES) keys[purpose].fill(0);
}

function keysOf(body: Buffer): Keys | string {
  const slot = (index: number) => body.subarray(TITLE.length + index * SLOT_BYTES, TITLE.length + (index + 1) * SLOT_BYTES);
  const strange = PURPOSES.some((purpose, index) => !slot(index).subarray(0, NAME_BYTES).equals(nameOf(purpose)));
  if (strange) return 'its keys have other purposes than this version knows';
  const key = (purpose: KeyPurpose) => Buffer.from(slot(PURPOSES.indexOf(purpose)).subarray(NAME_BYTES));
  return { state: key('state'), audit: key('audit'), pepper: key('pepper'), handles: key('handles') };
}

function nameOf(purpose: KeyPurpose): Buffer {
  const name = Buffer.alloc(NAME_BYTES);
  name.write(purpose, 'latin1');
  return name;
}
