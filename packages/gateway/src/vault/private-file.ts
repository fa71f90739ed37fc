import { closeSync, constants, fstatSync, fsyncSync, linkSync, openSync, readSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { failure, type Result, success } from '../base/result.ts';
import type { VaultReason } from '../contracts/reasons/vault.ts';

const OTHERS = 0o077;

/** Reads a file that nobody else may reach, at most `most` bytes. Links are not followed. */
export function readPrivate(file: string, most: number): Result<Buffer, VaultReason> {
  try {
    // Without O_NONBLOCK a named pipe in this place would hold the start for ever.
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      return readOpen(file, descriptor, most);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    return refused(file, error);
  }
}

/** Writes a file with mode 0600 so that after a crash it is there whole or not at all, and never in place of one that is there. */
export function createPrivate(file: string, draft: string, bytes: Uint8Array): Result<null, VaultReason> {
  return guarded(file, () => {
    writeDraft(draft, bytes);
    try {
      linkSync(draft, file);
    } finally {
      unlinkSync(draft);
    }
    syncDirectory(dirname(file));
  });
}

/** The same in place of what is there. */
export function replacePrivate(file: string, draft: string, bytes: Uint8Array): Result<null, VaultReason> {
  return guarded(file, () => {
    writeDraft(draft, bytes);
    renameSync(draft, file);
    syncDirectory(dirname(file));
  });
}

function readOpen(file: string, descriptor: number, most: number): Result<Buffer, VaultReason> {
  const stats = fstatSync(descriptor);
  if (!stats.isFile()) return failure('vault.key_file_damaged', `${file} is not a plain file`);
  const uid = process.getuid?.();
  if ((stats.mode & OTHERS) !== 0)
    return failure('vault.key_file_permissions', `${file} is open to others. Set it right: chmod 600 '${file}'`);
  if (uid !== undefined && stats.uid !== uid)
    return failure('vault.key_file_permissions', `${file} belongs to user ${stats.uid}, not to ${uid}`);
  const bytes = Buffer.alloc(most + 1);
  const length = readSync(descriptor, bytes, 0, most + 1, 0);
  return success(bytes.subarray(0, length));
}

function writeDraft(draft: string, bytes: Uint8Array): void {
  const descriptor = openSync(draft, 'wx', 0o600);
  try {
    writeSync(descriptor, bytes);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

// A new name is durable only once its directory is.
function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function guarded(file: string, write: () => void): Result<null, VaultReason> {
  try {
    write();
    return success(null);
  } catch (error) {
    return refused(file, error);
  }
}

function refused(file: string, error: unknown): Result<never, VaultReason> {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'ENOENT') return failure('vault.key_file_missing', `${file} does not exist`);
  if (code === 'ELOOP') return failure('vault.key_file_permissions', `${file} is a link`);
  if (code === 'EACCES' || code === 'EPERM') return failure('vault.key_file_permissions', `${file} may not be read or written`);
  return failure('vault.key_file_unavailable', `${file}: ${error instanceof Error ? error.message : String(error)}`);
}
