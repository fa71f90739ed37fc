import { closeSync, fsyncSync, lstatSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { equalInConstantTime, sha256Hex } from '../base/bytes.ts';

// SQLCipher answers a wrong key and a damaged first page alike ("file is not a database"). A fingerprint of the key beside the
// database tells them apart. The key has 256 random bits, so its hash gives nothing away.

const CONTEXT = Buffer.from('sallyport storage key check v1\0');
const LINE = /^sallyport-storage-key-check v1 ([0-9a-f]{32})\n$/;

export type KeyCheck = 'absent' | 'match' | 'mismatch' | 'damaged';

export function checkKey(file: string, key: Uint8Array): KeyCheck {
  if (lstatSync(file, { throwIfNoEntry: false }) === undefined) return 'absent';
  const found = LINE.exec(readFileSync(file, 'latin1').slice(0, 200))?.[1];
  if (found === undefined) return 'damaged';
  return equalInConstantTime(Buffer.from(found), Buffer.from(fingerprint(key))) ? 'match' : 'mismatch';
}

export function writeKeyCheck(file: string, key: Uint8Array): void {
  const draft = `${file}.new`;
  const descriptor = openSync(draft, 'w', 0o600);
  try {
    writeSync(descriptor, `sallyport-storage-key-check v1 ${fingerprint(key)}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(draft, file);
  syncDirectory(dirname(file));
}

/** A new name is durable only once its directory is. */
export function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Tells keys apart and gives nothing away. */
export function fingerprint(key: Uint8Array): string {
  const input = Buffer.concat([CONTEXT, key]);
  const digest = sha256Hex(input).slice(0, 32);
  input.fill(0);
  return digest;
}
