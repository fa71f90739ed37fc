import { Recent } from '../base/recent.ts';
import type { Result } from '../base/result.ts';
import type { StorageReason } from '../contracts/reasons/storage.ts';

/**
 * The guide's rate limit (R2-052, R2-053): at most `base` in any 60 s, and a pool of `burst` on top that is used when the window is full and
 * refilled only while usage is below the base. So never more than base + burst in any 60 s, and base a minute in the long run.
 */
export interface Rate {
  readonly base: number;
  readonly burst: number;
}

export interface Charge {
  readonly allowed: boolean;
  /** Units left now, base and burst together. */
  readonly remaining: number;
  /** Seconds until a unit is free when none is left, else until the oldest one returns. At least 1. */
  readonly resetSeconds: number;
}

export const WINDOW_MS = 60_000;
/** A window begins this small and grows with its use: most addresses of a flood are seen once. */
const FIRST_TIMES = 8;
/** A caller that keeps to the base rate exactly is not refused for a timer that fires a little early. */
export const SLACK_MS = 250;

/** Where the budgets of principals are kept: in this process, or where several gateways share them, which may take a moment and may fail. */
export interface Budgets {
  /** Takes one unit of a principal. */
  take(principal: string, rate: Rate): Charge | Promise<Result<Charge, StorageReason>>;
}

/** A window of one key. Times are monotonic milliseconds, so a jump of the wall clock neither resets nor locks it. */
export class Window {
  #times: Float64Array;
  readonly #most: number;
  readonly #rate: Rate;
  /** Oldest unit of the last 60 s; the hard bound counts from here. */
  #head = 0;
  #count = 0;
  /** How many of those are older than the slack allows the base to see. */
  #slack = 0;
  #pool: number;
  /** Unused base rate less what was offered, at most 0: a caller that sends at the full base rate regains no burst. */
  #credit = 0;
  #seenAt: number;

  constructor(rate: Rate, now: number) {
    this.#rate = rate;
    this.#most = rate.base + rate.burst;
    this.#times = new Float64Array(Math.min(this.#most, FIRST_TIMES));
    this.#pool = rate.burst;
    this.#seenAt = now;
  }

  take(now: number): Charge {
    this.#expire(now);
    this.#refill(now, 1);
    if (this.#count - this.#slack >= this.#rate.base || this.#count >= this.#most) {
      if (this.#pool < 1 || this.#count >= this.#most) return this.#charge(false, now);
      this.#pool -= 1;
    }
    if (this.#count === this.#times.length) this.#grow();
    this.#times[(this.#head + this.#count) % this.#times.length] = now;
    this.#count += 1;
    return this.#charge(true, now);
  }

  /** Gives the newest unit back: what turned out to cost none. */
  refund(): void {
    if (this.#count === 0) return;
    this.#count -= 1;
    this.#slack = Math.min(this.#slack, this.#count);
    this.#credit = Math.min(0, this.#credit + 1);
  }

  #grow(): void {
    const larger = new Float64Array(Math.min(this.#most, 2 * this.#times.length));
    for (let place = 0; place < this.#count; place++) larger[place] = this.#time(place);
    this.#times = larger;
    this.#head = 0;
  }

  #time(place: number): number {
    return this.#times[(this.#head + place) % this.#times.length] ?? 0;
  }

  #expire(now: number): void {
    while (this.#count > 0 && this.#time(0) <= now - WINDOW_MS) {
      this.#head = (this.#head + 1) % this.#times.length;
      this.#count -= 1;
      if (this.#slack > 0) this.#slack -= 1;
    }
    while (this.#slack < this.#count && this.#time(this.#slack) <= now - WINDOW_MS + SLACK_MS) this.#slack += 1;
  }

  #refill(now: number, offered: number): void {
    const credit = this.#credit + ((now - this.#seenAt) * this.#rate.base) / WINDOW_MS;
    this.#seenAt = now;
    this.#pool = Math.min(this.#rate.burst, this.#pool + Math.max(0, credit));
    this.#credit = Math.max(-this.#rate.base, Math.min(0, credit) - offered);
  }

  #charge(allowed: boolean, now: number): Charge {
    const base = Math.max(0, this.#rate.base - (this.#count - this.#slack));
    const remaining = Math.min(base + Math.floor(this.#pool), this.#most - this.#count);
    return { allowed, remaining, resetSeconds: this.#resetSeconds(now) };
  }

  // Until the window holds one less than the base, counted without the slack, so that waiting suffices whatever the burst.
  #resetSeconds(now: number): number {
    if (this.#count === 0) return 1;
    const frees = this.#time(Math.max(0, this.#count - this.#rate.base));
    return Math.max(1, Math.ceil((frees + WINDOW_MS - now) / 1000));
  }
}

/**
 * Windows by key, bounded (R2-056): the key that asked longest ago makes room. For addresses, because somebody who has more of them than fit has a
 * budget for each anyway, and must not be able to shut everybody else out; principals are fewer than fit.
 */
export class Windows {
  readonly #byKey: Recent<Window>;
  #rate: Rate;

  constructor(rate: Rate, capacity = 100_000) {
    this.#rate = rate;
    this.#byKey = new Recent(capacity);
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** A changed rate begins with empty windows: the old ones were sized for the old figure. */
  setRate(rate: Rate): void {
    if (rate.base === this.#rate.base && rate.burst === this.#rate.burst) return;
    this.#rate = rate;
    this.#byKey.clear();
  }

  of(key: string, now: number): Window {
    const known = this.#byKey.get(key);
    if (known) return known;
    const fresh = new Window(this.#rate, now);
    this.#byKey.set(key, fresh);
    return fresh;
  }
}
