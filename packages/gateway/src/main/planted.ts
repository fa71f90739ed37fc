import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { failure, type Result, success } from '../base/result.ts';
import type { Reason } from '../contracts/reasons/index.ts';

/** What a seed has planted in this data directory, a line each. It is remembered beside the stores because they forget what was removed. */
export interface Planted {
  has(line: string): boolean;
  add(lines: readonly string[]): Result<null, Reason>;
}

/** Losing the file plants again what is missing; a crash before a line was added does the same. */
export function openPlanted(data: string): Result<Planted, Reason> {
  const file = join(data, 'planted');
  const read = attempt(file, () => linesOf(file));
  if (!read.ok) return read;
  const lines = new Set(read.value);
  return success({
    has: (line) => lines.has(line),
    add: (more) => {
      const fresh = more.filter((line) => !lines.has(line));
      for (const line of fresh) lines.add(line);
      return attempt(file, () => {
        if (fresh.length > 0) writeFileSync(file, `${fresh.join('\n')}\n`, { flag: 'a', mode: 0o600 });
        return null;
      });
    },
  });
}

function linesOf(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

function attempt<T>(file: string, work: () => T): Result<T, Reason> {
  try {
    return success(work());
  } catch (error) {
    return failure('storage.unavailable', `${file} cannot be used: ${error instanceof Error ? error.message : String(error)}`);
  }
}
