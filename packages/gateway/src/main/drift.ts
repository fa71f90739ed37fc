import { serverLabel, type TenantId } from '../base/ids.ts';
import type { Logger } from '../base/log.ts';
import type { Applier } from './apply.ts';
import type { Rooms } from './rooms.ts';

const QUIET_MS = 5000;
const LONGEST_QUIET_MS = 60_000;

export interface DriftWatch {
  /** A server offers something else than what was pinned. Never lost: it is looked at now, or once the quiet time after the last look is over. */
  changed(tenant: TenantId, server: string): void;
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
export function driftWatch(rooms: Rooms, apply: Applier, log: Logger): DriftWatch {
  return watchDrift(async (tenant, server) => {
    const refreshed = await rooms.registry.refresh(tenant, server, null);
    if (!refreshed.ok) {
      log.warn('registry.server.refresh_failed', { server, reason: refreshed.reason });
      return refreshed.reason === 'registry.server_unknown' ? 'gone' : 'failed';
    }
    await apply(undefined, tenant);
    return 'settled';
  }, log);
}

/**
 * Looks at a server when it changed, and at one that goes on changing ever less often: a look asks it for everything under all capabilities, and may
 * start processes. What it no longer offers as pinned is refused meanwhile, whenever the next look is.
 */
export function watchDrift(look: (tenant: TenantId, server: string) => Promise<Looked>, log: Logger): DriftWatch {
  const quiets = new Map<string, Quiet>();
  let closed = false;
  const lookAt = async (tenant: TenantId, server: string): Promise<Looked> => {
    try {
      return await look(tenant, server);
    } catch (fault) {
      log.error('registry.server.refresh_failed', { server, fault: String(fault) });
      return 'failed';
    }
  };
  const begin = async (tenant: TenantId, server: string, quiet: Quiet): Promise<void> => {
    quiet.again = false;
    const label = serverLabel(tenant, server);
    const looked = await lookAt(tenant, server);
    if (looked === 'failed') quiet.again = true;
    if (closed || looked === 'gone') quiets.delete(label);
    else quiet.timer = setTimeout(() => over(tenant, server, quiet), quiet.ms).unref();
  };
  const over = (tenant: TenantId, server: string, quiet: Quiet): void => {
    if (!quiet.again) return void quiets.delete(serverLabel(tenant, server));
    quiet.ms = Math.min(quiet.ms * 2, LONGEST_QUIET_MS);
    void begin(tenant, server, quiet);
  };
  return {
    changed(tenant, server) {
      const label = serverLabel(tenant, server);
      const quiet = quiets.get(label);
      if (quiet !== undefined) {
        quiet.again = true;
      } else if (!closed) {
        const first: Quiet = { ms: QUIET_MS, again: false, timer: null };
        quiets.set(label, first);
        void begin(tenant, server, first);
      }
    },
    close() {
      closed = true;
      for (const { timer } of quiets.values()) if (timer !== null) clearTimeout(timer);
    },
  };
}
