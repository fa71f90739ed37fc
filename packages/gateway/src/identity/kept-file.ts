import { closeSync, constants, fstatSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { failure, type Result, success } from '../base/result.ts';
import type { IdentityReason } from '../contracts/reasons/identity.ts';

const MOST_BYTES = 256;

/** The text of a private file without its line end; null where there is none. `identity.kept_key_permissions`, `identity.unavailable`. */
export function readKept(file: string): Result<string | null, IdentityReason> {
  try {
    // Without O_NONBLOCK a named pipe in this place would hold the start for ever.
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      return readOpen(file, descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'ENOENT') return success(null);
    if (code === 'ELOOP') return failure('identity.kept_key_permissions', `${file} is a link`);
    return failure('identity.unavailable', `${file}: ${String(error)}`);
  }
}

function readOpen(file: string, descriptor: number): Result<string, IdentityReason> {
  const stats = fstatSync(descriptor);
  const uid = process.getuid?.();
  if (!stats.isFile()) return failure('identity.kept_key_permissions', `${file} is not a plain file`);
  if (uid !== undefined && stats.uid !== uid)
    return failure('identity.kept_key_permissions', `${file} belongs to user ${stats.uid}, not to ${uid}`);
  if ((stats.mode & 0o077) !== 0)
    return failure('identity.kept_key_permissions', `${file} is open to others. Set it right: chmod 600 '${file}'`);
  const bytes = Buffer.alloc(MOST_BYTES);
  return success(bytes.toString('latin1', 0, readSync(descriptor, bytes, 0, MOST_BYTES, 0)).trimEnd());
}

/** Writes a line with mode 0600, durably. */
export function writeKept(file: string, text: string): Result<null, IdentityReason> {
  return guarded(file, () => {
    rmSync(file, { force: true });
    const descriptor = openSync(file, 'wx', 0o600);
    try {
      writeSync(descriptor, `${text}\n`);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    syncDirectory(file);
  });
}

export const moveKept = (from: string, to: string): Result<null, IdentityReason> =>
  guarded(to, () => {
    renameSync(from, to);
    syncDirectory(to);
  });

export const removeKept = (file: string): Result<null, IdentityReason> => guarded(file, () => rmSync(file, { force: true }));

function syncDirectory(file: string): void {
  const descriptor = openSync(dirname(file), 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function guarded(file: string, write: () => void): Result<null, IdentityReason> {
  try {
    write();
    return success(null);
  } catch (error) {
    return failure('identity.unavailable', `${file}: ${String(error)}`);
  }
}
