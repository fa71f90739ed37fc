import { closeSync, fsyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { failure, type Result, success } from '../base/result.ts';
import type { Reason } from '../contracts/reasons/index.ts';

/** A file that is there while a gateway runs with the directory. Found at a start, it tells that the run before had no orderly end. */
export interface RunningMark {
  /** When the run began that left it, as it was written; null where the run before ended in order, or there was none. */
  readonly left: string | null;
  clear(): void;
}

/** The directory is ours alone by now: whoever wrote the mark no longer runs. */
export function markRunning(data: string, now: number): Result<RunningMark, Reason> {
  const file = join(data, 'running');
  try {
    const left = readMark(file);
    rmSync(file, { force: true });
    const handle = openSync(file, 'wx', 0o600);
    writeSync(handle, `${new Date(now).toISOString()}\n`);
    fsyncSync(handle);
    closeSync(handle);
    syncFolder(data);
    return success({ left, clear: () => rmSync(file, { force: true }) });
  } catch (error) {
    return failure('storage.unavailable', `${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  }
}

// Else a power loss could take the name of the file away, and with it the sign that one happened.
function syncFolder(data: string): void {
  const folder = openSync(data, 'r');
  fsyncSync(folder);
  closeSync(folder);
}

function readMark(file: string): string | null {
  try {
    const text = readFileSync(file, 'utf8').trim();
    return /^[0-9TZ:.-]{1,40}$/.test(text) ? text : 'unreadable';
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
