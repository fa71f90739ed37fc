import { statSync } from 'node:fs';
import type { Logger } from '../base/log.ts';
import type { Authorship } from '../config/index.ts';

/** Events of the file system are lost where a folder is swapped as a whole (mounted configurations), so it looks. */
const LOOK_MS = 250;
/** Times of files are those of the kernel's last tick, up to 10 ms (100 Hz) behind the clock that we read. */
const TICK_MS = 20;
const DAY_MS = 86_400_000;
export const DAY_PASSED = 'config.day.passed';

export interface FileWatch {
  /** Lets a reload that is under way end, and begins none. */
  close(): Promise<void>;
}

export interface WatchedFiles {
  /** The file and what it names, as they are now. */
  readonly files: () => readonly string[];
  readonly reload: (by: Authorship) => Promise<unknown>;
  /** When what is in force began to be read: what was changed since then is read again. */
  readonly readAt: number;
  readonly now: () => number;
  readonly log: Logger;
}

/** Reloads once a file has changed and is the same for two looks: one that is being written is not read in the middle. And once a day, since permissions end. */
export function watchFiles({ files, reload, readAt, now, log }: WatchedFiles): FileWatch {
  let applied: ReadonlyMap<string, FileState> = new Map();
  let seen = '';
  let loadedAt = readAt;
  let day = dayOf(now());
  let loading: Promise<unknown> | null = null;
  const begin = (by: Authorship): void => {
    loadedAt = now();
    loading = reload(by)
      .catch((fault: unknown) => log.error('config.reload.failed', { fault: String(fault) }))
      .finally(() => {
        loading = null;
      });
  };
  // A file that is looked at for the first time was read by whatever named it, unless it was changed since.
  const isChanged = ({ path, text, changedAt }: FileState): boolean => {
    const before = applied.get(path);
    return before === undefined ? changedAt >= loadedAt - TICK_MS : before.text !== text;
  };
  const look = (): void => {
    if (loading !== null) return;
    const found = statesOf(files());
    const isSettled = textOf(found) === seen;
    seen = textOf(found);
    const today = dayOf(now());
    const changed = isSettled && [...found.values()].some(isChanged);
    if (isSettled) applied = found;
    if (changed) begin({ author: 'file', cause: 'config.file.changed' });
    else if (today !== day) begin({ author: 'gateway', cause: DAY_PASSED });
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

interface FileState {
  readonly path: string;
  readonly text: string;
  /** Wall time in milliseconds; 0 where it is not there. */
  readonly changedAt: number;
}

const statesOf = (files: readonly string[]): ReadonlyMap<string, FileState> => new Map(files.map((path) => [path, stateOf(path)]));
const textOf = (states: ReadonlyMap<string, FileState>): string =>
  [...states.values()].map(({ path, text }) => `${path} ${text}`).join('\n');

function stateOf(path: string): FileState {
  try {
    const { ino, size, mtimeMs, ctimeMs, mode } = statSync(path);
    return { path, text: `${ino} ${size} ${mtimeMs} ${ctimeMs} ${mode}`, changedAt: ctimeMs };
  } catch (error) {
    return { path, text: error instanceof Error && 'code' in error ? String(error.code) : 'unknown', changedAt: 0 };
  }
}
