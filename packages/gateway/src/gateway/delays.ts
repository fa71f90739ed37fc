import { Recent } from '../base/recent.ts';

/**
 * Progressive delays (R2-056). Whoever goes on asking while it was told to wait, in each of three minutes in a row, is refused for longer than its
 * window alone would: by 1, 2, 4, 8, 16, 32 and then 60 seconds. A delay is told as `Retry-After` and not slept: nothing is held, and there is
 * no timer. While it lasts everything is refused and nothing is counted as use; when it is over the caller has its window again, so nobody is
 * locked out. Each quiet minute takes a step off.
 *
 * An offence is a refusal of a caller that knew: it came more than two seconds after the caller was first told to wait (what was under way then
 * could not know) and before that wait was over. So a caller that honours `Retry-After` never commits one, and is never delayed.
 */
const STEPS_SECONDS = [1, 2, 4, 8, 16, 32, 60] as const;
const MINUTES_IN_A_ROW = 3;
const MINUTE_MS = 60_000;
const GRACE_MS = 2000;

/** Only those who were refused are remembered. Older ones make room: who has so many addresses gains nothing by being forgotten. */
const CAPACITY = 100_000;

interface Offender {
  /** The wait that it was told last, and when it was told first of it. */
  toldAt: number;
  waitUntil: number;
  /** Start of the first of its minutes in a row, and how many had an offence. */
  rowSince: number;
  rowMinutes: number;
  lastOffence: number;
  /** How many of the steps it has taken. */
  steps: number;
  delayedUntil: number;
}

export class Delays {
  readonly #offenders: Recent<Offender>;

  constructor(capacity = CAPACITY) {
    this.#offenders = new Recent(capacity);
  }

  get size(): number {
    return this.#offenders.size;
  }

  /** Seconds that `key` is still refused for; 0: it is not delayed. `now` is monotonic milliseconds. */
  delayed(key: string, now: number): number {
    const known = this.#offenders.size === 0 ? undefined : this.#offenders.get(key);
    if (known === undefined || now >= known.delayedUntil) return 0;
    if (now - known.toldAt > GRACE_MS) offend(known, now);
    return seconds(known.delayedUntil - now);
  }

  /** A refusal. @returns the seconds to tell: `retryAfterSeconds` of the window, or more for one that did not wait before. */
  refused(key: string, retryAfterSeconds: number, now: number): number {
    const known = this.#offenders.get(key);
    if (known === undefined) {
      this.#offenders.set(key, { ...UNKNOWN, toldAt: now, waitUntil: now + retryAfterSeconds * 1000 });
      return retryAfterSeconds;
    }
    if (now >= known.waitUntil) {
      // It waited as it was told, or came back later: whatever refuses it now is news to it.
      tell(known, retryAfterSeconds, now);
      return retryAfterSeconds;
    }
    if (now - known.toldAt <= GRACE_MS || !offend(known, now)) return retryAfterSeconds;
    const wait = retryAfterSeconds + (STEPS_SECONDS[known.steps] ?? STEPS_SECONDS.at(-1) ?? 0);
    known.steps = Math.min(known.steps + 1, STEPS_SECONDS.length);
    known.delayedUntil = now + wait * 1000;
    tell(known, wait, now);
    return wait;
  }

  clear(): void {
    this.#offenders.clear();
  }
}

const NEVER = Number.NEGATIVE_INFINITY;
const UNKNOWN: Omit<Offender, 'toldAt' | 'waitUntil'> = {
  rowSince: NEVER,
  rowMinutes: 0,
  lastOffence: NEVER,
  steps: 0,
  delayedUntil: NEVER,
};

function tell(offender: Offender, waitSeconds: number, now: number): void {
  offender.toldAt = now;
  offender.waitUntil = now + waitSeconds * 1000;
}

/** Notes an offence. True: it has to be delayed for it, because it is the latest of many or because the last ones are not forgotten. */
function offend(offender: Offender, now: number): boolean {
  const quietMinutes = Math.floor((now - offender.lastOffence) / MINUTE_MS);
  offender.steps = Math.max(0, offender.steps - quietMinutes);
  offender.lastOffence = now;
  const minute = Math.floor((now - offender.rowSince) / MINUTE_MS);
  if (minute >= offender.rowMinutes + 1 || offender.rowMinutes === 0) {
    // A minute without one lies between: the row begins anew.
    offender.rowSince = now;
    offender.rowMinutes = 1;
  } else if (minute === offender.rowMinutes) offender.rowMinutes += 1;
  return offender.rowMinutes > MINUTES_IN_A_ROW || offender.steps > 0;
}

const seconds = (ms: number): number => Math.max(1, Math.ceil(ms / 1000));
