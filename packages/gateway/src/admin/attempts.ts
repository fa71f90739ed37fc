import type { Clock } from '../base/clock.ts';
import { ADMIN_LIMITS } from './limits.ts';

interface Window {
  /** Monotonic, milliseconds. */
  readonly startedAt: number;
  failed: number;
}

/** Failed attempts by where they come from. A key has 256 bits, so this bounds work and records, not guessing. */
export interface Attempts {
  /** Seconds to wait where this place has failed too often, else 0. */
  waitSeconds(place: string): number;
  failed(place: string): void;
}

export function attempts(clock: Clock): Attempts {
  const windows = new Map<string, Window>();
  const current = (place: string): Window | null => {
    const window = windows.get(place);
    if (window === undefined) return null;
    if (clock.monotonic() - window.startedAt < ADMIN_LIMITS.attemptWindowMs) return window;
    windows.delete(place);
    return null;
  };
  return {
    waitSeconds(place) {
      const window = current(place);
      if (window === null || window.failed < ADMIN_LIMITS.failedAttempts) return 0;
      return Math.max(1, Math.ceil((window.startedAt + ADMIN_LIMITS.attemptWindowMs - clock.monotonic()) / 1000));
    },
    failed(place) {
      const window = current(place);
      if (window !== null) window.failed += 1;
      else {
        const [oldest] = windows.keys();
        if (windows.size >= ADMIN_LIMITS.attemptPlaces && oldest !== undefined) windows.delete(oldest);
        windows.set(place, { startedAt: clock.monotonic(), failed: 1 });
      }
    },
  };
}
