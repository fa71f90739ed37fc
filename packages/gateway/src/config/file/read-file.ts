import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { Success } from '../../base/result.ts';
import { type Mistakes, mistake } from '../mistake.ts';
import { inFile, type LoadedFile, loadFile } from './load.ts';
import { FILE_LIMITS } from './read-yaml.ts';

export interface FilePlace {
  /** Absolute. */
  readonly path: string;
  /** As people know it. */
  readonly name: string;
}

/** Reads and judges the file. One that others may write is refused: whoever writes it decides what runs here. */
export function readConfigFile({ path, name }: FilePlace, now: number): Success<LoadedFile> | Mistakes {
  const bytes = bytesOf(path);
  if (typeof bytes === 'string') return inFile(name, [mistake({ reason: 'config.unreadable', key: 'file', expected: bytes })]);
  return loadFile({ name, bytes, now });
}

function bytesOf(path: string): Uint8Array | string {
  let file: number | null = null;
  try {
    // Without O_NONBLOCK a pipe in place of the file would hold the process for ever.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = fstatSync(file);
    if (!stats.isFile()) return 'a plain file';
    if ((stats.mode & 0o002) !== 0) return `a file that nobody else may write: chmod o-w '${path}'`;
    // One byte beyond the bound says that there is more; the reader refuses it.
    const bytes = Buffer.alloc(Math.min(stats.size, FILE_LIMITS.bytes) + 1);
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, 0));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    return code === 'ENOENT' ? 'a file that is there' : `a file that can be read (${code})`;
  } finally {
    if (file !== null) closeSync(file);
  }
}
