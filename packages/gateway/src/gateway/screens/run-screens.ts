import type { Clock } from '../../base/clock.ts';
import type { Deny, Hold, ScreenVerdict } from '../../contracts/verdict.ts';
import type { Call, CallResult } from '../exchange.ts';
import type { ArgumentScreen, ResultScreen, ResultVerdict } from '../guard.ts';
import { describe } from '../line.ts';

export type Screened<T> =
  | { readonly kind: 'pass'; readonly value: T }
  | { readonly kind: 'deny'; readonly denied: Deny; readonly value: T }
  | { readonly kind: 'hold'; readonly hold: Hold; readonly value: T };

interface Kind<T, V> {
  readonly check: (value: T) => V | Promise<V>;
  readonly name: string;
}

/** What a revision makes of a value; a result of its own, since it may not be acceptable. */
export type Revision<T> = (value: T, verdict: Extract<ScreenVerdict | ResultVerdict, { verdict: 'revise' }>) => T;

/**
 * Runs the screens in the order of the table. The first is the validation: it runs again after every revision, so that nothing goes on that
 * was not validated as it is. A screen that throws is a denial. What every screen passes at once is told at once.
 */
export function runScreens<T extends Call | CallResult>(
  rows: readonly Kind<T, Verdict>[],
  value: T,
  revise: Revision<T>,
  clock: Clock,
): Screened<T> | Promise<Screened<T>> {
  for (const [at, row] of rows.entries()) {
    const told = timed(row, value, clock);
    if (told instanceof Promise || told.verdict !== 'pass') return goOn(rows, { at, told, value, revise, clock });
  }
  return { kind: 'pass', value };
}

interface Screening<T> {
  /** The row that came first to anything but passing at once, and what it says. */
  readonly at: number;
  readonly told: Verdict | Promise<Verdict>;
  readonly value: T;
  readonly revise: Revision<T>;
  readonly clock: Clock;
}

async function goOn<T extends Call | CallResult>(
  rows: readonly Kind<T, Verdict>[],
  { at, told, value, revise, clock }: Screening<T>,
): Promise<Screened<T>> {
  let current = value;
  for (const row of rows.slice(at)) {
    const verdict = await (row === rows[at] ? told : timed(row, current, clock));
    if (verdict.verdict === 'deny') return { kind: 'deny', denied: verdict, value: current };
    if (verdict.verdict === 'hold') return { kind: 'hold', hold: verdict, value: current };
    if (verdict.verdict === 'pass') continue;
    current = revise(current, verdict);
    const again = rows[0] === undefined ? null : await timed(rows[0], current, clock);
    if (again !== null && again.verdict !== 'pass')
      return { kind: 'deny', denied: again.verdict === 'deny' ? again : FAULT, value: current };
  }
  return { kind: 'pass', value: current };
}

const FAULT: Deny = { verdict: 'deny', reason: 'gateway.fault', detail: 'the validation neither passed nor refused a revised value' };

type Verdict = ScreenVerdict | ResultVerdict;

// Most screens answer at once, and then nobody has to wait a turn for them.
function timed<T extends Call | CallResult>(row: Kind<T, Verdict>, value: T, clock: Clock): Verdict | Promise<Verdict> {
  const began = clock.monotonic();
  const note = (verdict: Verdict): Verdict => {
    const { trace } = 'exchange' in value ? value.exchange : value.call.exchange;
    trace.push({ guard: row.name, verdict: verdict.verdict, us: Math.round((clock.monotonic() - began) * 1000) });
    return verdict;
  };
  const fault = (error: unknown): Verdict => note({ verdict: 'deny', reason: 'gateway.fault', detail: describe(error) });
  try {
    const answer = row.check(value);
    return answer instanceof Promise ? answer.then(note, fault) : note(answer);
  } catch (error) {
    return fault(error);
  }
}

export type ArgumentRows = readonly [ArgumentScreen, ...ArgumentScreen[]];
export type ResultRows = readonly [ResultScreen, ...ResultScreen[]];
