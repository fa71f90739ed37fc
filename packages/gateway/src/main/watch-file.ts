import { statSync } from 'node:fs';
import type { Logger } from '../base/log.ts';
import type { Authorship } from '../config/index.ts';

/** Events of the file system are lost where a folder is swapped as a whole (mounted configurations), so it looks. */
const LOOK_MS = 250;
const DAY_MS = 86_400_000;

export interface FileWatch {
  /** Lets a reload that is under way end, and begins none. */
  close(): Promise<void>;
}

export interface WatchedFiles {
  /** The file and what it names, as they are now. */
  readonly files: () => readonly string[];
  readonly reload: (by: Authorship) => Promise<unknown>;
  readonly now: () => number;
  readonly log: Logger;
}

/** Reloads once a file has changed and is the same for two looks: one that is being written is not read in the middle. And once a day, since permissions end. */
export function watchFiles({ files, reload, now, log }: WatchedFiles): FileWatch {
  let applied = fingerprint(files());
  let seen = applied;
  let day = dayOf(now());
  let loading: Promise<unknown> | null = null;
  const begin = (by: Authorship): void => {
    loading = reload(by)
      .catch((fault: unknown) => log.error('config.reload.failed', { fault: String(fault) }))
      .finally(() => {
        loading = null;
      });
  };
  const look = (): void => {
    if (loading !== null) return;
    const found = fingerprint(files());
    const isSettled = found === seen;
    seen = found;
    const today = dayOf(now());
    if (isSettled && found !== applied) {
      applied = found;
      begin({ author: 'file', cause: 'config.file.changed' });
    } else if (today !== day) begin({ author: 'gateway', cause: 'config.day.passed' });
    day = today;
  };
  const timer = setInterval(look, LOOK_MS).unref();
  return {
    async close() {
      clearInterval(timer);
      await loading;
    },
  };
}

const dayOf = (now: number): number => Math.floor(now / DAY_MS);

const fingerprint = (files: readonly string[]): string => files.map(stateOf).join('\n');

function stateOf(path: string): string {
  try {
    const { ino, size, mtimeMs, ctimeMs, mode } = statSync(path);
    return `${path} ${ino} ${size} ${mtimeMs} ${ctimeMs} ${mode}`;
  } catch (error) {
    return `${path} ${error instanceof Error && 'code' in error ? String(error.code) : 'unknown'}`;
  }
}
