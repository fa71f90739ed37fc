import { lstatSync, mkdirSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { failure, type Result, success } from '../base/result.ts';
import type { StorageReason } from '../contracts/reasons/storage.ts';

const OTHERS = 0o077;

/** Creates the directory with mode 0700, or checks that the one which is there belongs to us and opens to nobody else. */
export function secureDirectory(directory: string): Result<null, StorageReason> {
  try {
    makeDirectory(directory);
    const stats = lstatSync(directory);
    if (!stats.isDirectory()) return failure('storage.permissions', `${directory} is not a directory`);
    return checkAccess(directory, stats);
  } catch (error) {
    return failure('storage.unavailable', `${directory} cannot be used: ${error instanceof Error ? error.message : String(error)}`);
  }
}

// Not `recursive`: where a folder takes no entries at all (/proc), Node 26 tries for ever.
function makeDirectory(directory: string): void {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory()) return;
  const parent = dirname(directory);
  if (parent !== directory) makeDirectory(parent);
  mkdirSync(directory, { mode: 0o700 });
}

/** A file of the store that is there must not be readable by others either; one that is missing is fine. */
export function checkPrivateFile(file: string): Result<null, StorageReason> {
  const stats = lstatSync(file, { throwIfNoEntry: false });
  if (stats === undefined) return success(null);
  // A link could lead the store to write where somebody else reads.
  if (!stats.isFile()) return failure('storage.permissions', `${file} is not a plain file`);
  return checkAccess(file, stats);
}

function checkAccess(path: string, stats: Stats): Result<null, StorageReason> {
  if ((stats.mode & OTHERS) !== 0) {
    const mode = (stats.mode & 0o777).toString(8).padStart(4, '0');
    return failure('storage.permissions', `${path} has mode ${mode} and others can reach it. Set it right: chmod go-rwx '${path}'`);
  }
  const uid = process.getuid?.();
  if (uid !== undefined && stats.uid !== uid) return failure('storage.permissions', `${path} belongs to user ${stats.uid}, not to ${uid}`);
  return success(null);
}
