import type { Clock } from '../../base/clock.ts';

/** After how long a life a death no longer counts as one of a series. */
const LIVED_MS = 60_000;
const SHORTEST_MS = 250;
const LONGEST_MS = 30_000;
const HOUR_MS = 3_600_000;
const REMEMBERED = 100;

/** How soon something that died may be started again: at once after the first time, then twice as late each time. */
export class Backoff {
  readonly #clock: Clock;
  #failures = 0;
  #notBefore = 0;
  #detail: string | null = null;
  readonly #failedAt: number[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What went wrong last, in words for operators. Null while nothing has, or once it lived again. */
  get detail(): string | null {
    return this.#detail;
  }

  /** How often it died or did not start within the last hour; at most 100. */
  get failuresLastHour(): number {
    const since = this.#clock.monotonic() - HOUR_MS;
    return this.#failedAt.filter((time) => time > since).length;
  }

  /** The last failure where it is too early for another start, else null. */
  blocked(): string | null {
    return this.#clock.monotonic() < this.#notBefore ? this.#detail : null;
  }

  failed(detail: string, livedMs: number): void {
    this.#failures = livedMs > LIVED_MS ? 1 : this.#failures + 1;
    this.#detail = detail;
    this.#failedAt.push(this.#clock.monotonic());
    if (this.#failedAt.length > REMEMBERED) this.#failedAt.shift();
    const wait = this.#failures < 2 ? 0 : Math.min(LONGEST_MS, SHORTEST_MS * 2 ** (this.#failures - 2));
    this.#notBefore = this.#clock.monotonic() + wait;
  }

  succeeded(): void {
    this.#detail = null;
  }
}
