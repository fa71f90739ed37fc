import { type Clock, systemClock } from '../../src/base/clock.ts';

export const DAY = 86_400_000;

/** The machine's clock, further on by as much as a test says. Both readings move, as for a machine that was up all the while. */
export function movedClock(): Clock & { advance(ms: number): void } {
  let ahead = 0;
  return {
    now: () => systemClock.now() + ahead,
    monotonic: () => systemClock.monotonic() + ahead,
    advance: (ms) => {
      ahead += ms;
    },
  };
}
