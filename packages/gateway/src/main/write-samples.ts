import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { failure, type Result, success } from '../base/result.ts';
import type { Reason } from '../contracts/reasons/index.ts';
import type { Seed } from '../contracts/running.ts';

/** Writes the files of a seed that are not there. One that is, perhaps changed by a call, stays as it is. */
export function writeSamples(samples: NonNullable<Seed['samples']>): Result<null, Reason> {
  for (const { path, text } of samples) {
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      writeFileSync(path, text, { flag: 'wx', mode: 0o600 });
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') continue;
      return failure('storage.unavailable', `${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return success(null);
}
