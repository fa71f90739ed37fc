import type { Clock } from '../../base/clock.ts';

/** After how long a life a death no longer counts as one of a series. */
const LIVED_MS = 60_000;
const SHORTEST_MS = 250;
const LONGEST_MS = 30_000;

/** How soon something that died may be started again: at once after the first time, then twice as late each time. */
export class Backoff {
  readonly #clock: Clock;
  #failures = 0;
  #notBefore = 0;
  #detail: string | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What went wrong last, in words for operators. Null while nothing has, or once it lived again. */
  get detail(): string | null {
    return this.#detail;
  }

  /** The last failure where it is too early for another start, else null. */
  blocked(): string | null {
    return this.#clock.monotonic() < this.#notBefore ? this.#detail : null;
  }

  failed(detail: string, livedMs: number): void {
    this.#failures = livedMs > LIVED_MS ? 1 : this.#failures + 1;
    this.#detail = detail;
    const wait = this.#failures < 2 ? 0 : Math.min(LONGEST_MS, SHORTEST_MS * 2 ** (this.#failures - 2));
    this.#notBefore = this.#clock.monotonic() + wait;
  }

  succeeded(): void {
    this.#detail = null;
  }
}
