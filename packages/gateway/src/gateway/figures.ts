import type { GuardTrace } from '../contracts/verdict.ts';

export interface GuardFigures {
  readonly count: number;
  readonly denied: number;
  /** Microseconds, summed. */
  readonly us: number;
}

/** Where the time goes, guard by guard, since the start. */
export class Figures {
  readonly #byGuard = new Map<string, { count: number; denied: number; us: number }>();

  add(trace: readonly GuardTrace[]): void {
    for (const { guard, verdict, us } of trace) {
      let row = this.#byGuard.get(guard);
      if (!row) {
        row = { count: 0, denied: 0, us: 0 };
        this.#byGuard.set(guard, row);
      }
      row.count += 1;
      row.us += us;
      if (verdict === 'deny') row.denied += 1;
    }
  }

  read(): Readonly<Record<string, GuardFigures>> {
    return Object.fromEntries([...this.#byGuard].map(([guard, row]) => [guard, { ...row }]));
  }
}
