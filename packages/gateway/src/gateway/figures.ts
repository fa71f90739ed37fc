import { CALL_BOUNDS, Histogram, STEP_BOUNDS } from '../base/histogram.ts';
import type { GuardTrace } from '../contracts/verdict.ts';

export interface GuardFigures {
  readonly count: number;
  readonly denied: number;
  /** Microseconds, summed. */
  readonly us: number;
}

export interface GuardTimes {
  denied: number;
  /** Microseconds. */
  readonly times: Histogram;
}

/** Whole exchanges in microseconds, by whether the line of guards let them through. */
export interface ExchangeTimes {
  readonly passed: Histogram;
  readonly denied: Histogram;
}

/** Where the time goes, guard by guard, since the start. Adding allocates only when a guard is met for the first time. */
export class Figures {
  readonly #byGuard = new Map<string, GuardTimes>();
  readonly exchanges: ExchangeTimes = { passed: new Histogram(CALL_BOUNDS), denied: new Histogram(CALL_BOUNDS) };

  add(trace: readonly GuardTrace[]): void {
    for (const { guard, verdict, us } of trace) {
      let row = this.#byGuard.get(guard);
      if (!row) {
        row = { denied: 0, times: new Histogram(STEP_BOUNDS) };
        this.#byGuard.set(guard, row);
      }
      row.times.add(us);
      if (verdict === 'deny') row.denied += 1;
    }
  }

  read(): Readonly<Record<string, GuardFigures>> {
    return Object.fromEntries(
      [...this.#byGuard].map(([guard, { denied, times }]) => [guard, { count: times.count, denied, us: times.sum }]),
    );
  }

  get guards(): ReadonlyMap<string, GuardTimes> {
    return this.#byGuard;
  }
}
