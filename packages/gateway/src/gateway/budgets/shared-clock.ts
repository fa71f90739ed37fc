import type { Clock } from '../../base/clock.ts';

/** A monotonic clock that gateways share. It only grows: a wall clock that is set neither resets what is kept by it nor locks it. */
export class SharedClock {
  readonly #clock: Clock;
  /** Adds to our monotonic clock what makes it the shared one. */
  #ahead: number;

  /** @param now what it shows at this moment, in milliseconds */
  constructor(clock: Clock, now: number) {
    this.#clock = clock;
    this.#ahead = now - clock.monotonic();
  }

  now(): number {
    return Math.floor(this.#clock.monotonic() + this.#ahead);
  }

  /** Another gateway has seen a later time. */
  notBefore(time: number): void {
    this.#ahead += Math.max(0, time - this.now());
  }
}
