import type { Clock } from '../base/clock.ts';

const HOUR_MS = 3_600_000;
/** Readers that are remembered. Beyond it the oldest is forgotten, and so recorded again. */
const READERS = 256;

/** What is read every few seconds is recorded once an hour and reader, with how often it was read. */
export interface Seldom {
  /** How often this reader has read since its last record where another one is due, else null. */
  due(reader: string): number | null;
}

export function seldom(clock: Clock): Seldom {
  const readers = new Map<string, { at: number; reads: number }>();
  return {
    due(reader) {
      const now = clock.monotonic();
      const known = readers.get(reader);
      if (known !== undefined && now - known.at < HOUR_MS) {
        known.reads += 1;
        return null;
      }
      readers.delete(reader);
      const [oldest] = readers.keys();
      if (readers.size >= READERS && oldest !== undefined) readers.delete(oldest);
      readers.set(reader, { at: now, reads: 0 });
      return (known?.reads ?? 0) + 1;
    },
  };
}
