import type { Logger } from '../base/log.ts';
import { type Rooms, TENANT } from './rooms.ts';

const QUIET_MS = 5000;
const LONGEST_QUIET_MS = 60_000;

export interface DriftWatch {
  /** A server offers something else than what was pinned. Never lost: it is looked at now, or once the quiet time after the last look is over. */
  changed(server: string): void;
  close(): void;
}

/** `settled`: what changed is stored and in force; `failed`: not found out, so it is tried again; `gone`: there is no such server any more. */
export type Looked = 'settled' | 'failed' | 'gone';

interface Quiet {
  ms: number;
  again: boolean;
  timer: NodeJS.Timeout | null;
}

/** Servers that were found to offer something else are read again, and what changed is hidden. */
export function driftWatch(rooms: Rooms, apply: () => Promise<unknown>, log: Logger): DriftWatch {
  return watchDrift(async (server) => {
    const refreshed = await rooms.registry.refresh(TENANT, server, null);
    if (!refreshed.ok) {
      log.warn('registry.server.refresh_failed', { server, reason: refreshed.reason });
      return refreshed.reason === 'registry.server_unknown' ? 'gone' : 'failed';
    }
    await apply();
    return 'settled';
  }, log);
}

/**
 * Looks at a server when it changed, and at one that goes on changing ever less often: a look asks it for everything under all capabilities, and may
 * start processes. What it no longer offers as pinned is refused meanwhile, whenever the next look is.
 */
export function watchDrift(look: (server: string) => Promise<Looked>, log: Logger): DriftWatch {
  const quiets = new Map<string, Quiet>();
  let closed = false;
  const lookAt = async (server: string): Promise<Looked> => {
    try {
      return await look(server);
    } catch (fault) {
      log.error('registry.server.refresh_failed', { server, fault: String(fault) });
      return 'failed';
    }
  };
  const begin = async (server: string, quiet: Quiet): Promise<void> => {
    quiet.again = false;
    const looked = await lookAt(server);
    if (looked === 'failed') quiet.again = true;
    if (closed || looked === 'gone') quiets.delete(server);
    else quiet.timer = setTimeout(() => over(server, quiet), quiet.ms).unref();
  };
  const over = (server: string, quiet: Quiet): void => {
    if (!quiet.again) return void quiets.delete(server);
    quiet.ms = Math.min(quiet.ms * 2, LONGEST_QUIET_MS);
    void begin(server, quiet);
  };
  return {
    changed(server) {
      const quiet = quiets.get(server);
      if (quiet !== undefined) {
        quiet.again = true;
      } else if (!closed) {
        const first: Quiet = { ms: QUIET_MS, again: false, timer: null };
        quiets.set(server, first);
        void begin(server, first);
      }
    },
    close() {
      closed = true;
      for (const { timer } of quiets.values()) if (timer !== null) clearTimeout(timer);
    },
  };
}
