import type { Logger } from '../base/log.ts';
import { type Rooms, TENANT } from './rooms.ts';

const AGAIN_MS = 5000;

/** A server that offers something else than what was pinned is read again, at most every few seconds, and what changed is hidden. */
export function driftWatch(rooms: Rooms, apply: () => Promise<unknown>, log: Logger): (server: string) => void {
  const lookedAt = new Map<string, number>();
  return (server) => {
    const now = rooms.clock.monotonic();
    if (now - (lookedAt.get(server) ?? Number.NEGATIVE_INFINITY) < AGAIN_MS) return;
    lookedAt.set(server, now);
    const look = async (): Promise<void> => {
      const refreshed = await rooms.registry.refresh(TENANT, server, null);
      if (!refreshed.ok) return log.warn('registry.server.refresh_failed', { server, reason: refreshed.reason });
      await apply();
    };
    look().catch((fault: unknown) => log.error('registry.server.refresh_failed', { server, fault: String(fault) }));
  };
}
