import type { Clock } from '../base/clock.ts';
import { type ExchangeId, ulid } from '../base/ids.ts';
import { ADMIN_LIMITS } from './limits.ts';
import type { Entry, Record } from './recorder.ts';

const MINUTE_MS = 60_000;

/** Refusals before authentication: recorded one by one up to a rate, then as one record a minute whose count is exact. */
export interface Refusals {
  record(entry: Entry): Promise<void>;
  /** Writes what is still counted. */
  close(): Promise<void>;
}

export function refusals(write: Record, clock: Clock): Refusals {
  let startedAt = clock.monotonic();
  let written = 0;
  let folded = new Map<string, { readonly last: Entry; count: number }>();
  const flush = async (): Promise<void> => {
    const counts = folded;
    folded = new Map();
    startedAt = clock.monotonic();
    written = 0;
    for (const { last, count } of counts.values()) {
      await write({ ...last, id: ulid(clock.now()) as ExchangeId, details: {}, count });
    }
  };
  const timer = setInterval(() => void flush(), MINUTE_MS).unref();
  return {
    async record(entry) {
      if (clock.monotonic() - startedAt >= MINUTE_MS) await flush();
      if (written < ADMIN_LIMITS.refusalsRecordedPerMinute) {
        written += 1;
        await write(entry);
        return;
      }
      const reason = entry.reason ?? '';
      const counted = folded.get(reason);
      if (counted === undefined) folded.set(reason, { last: entry, count: 1 });
      else counted.count += 1;
    },
    async close() {
      clearInterval(timer);
      await flush();
    },
  };
}
