import type { Failure } from '../base/result.ts';
import type { Reason } from '../contracts/reasons/index.ts';
import type { Deny, GuardVerdict, ScreenVerdict } from '../contracts/verdict.ts';
import type { Call, CallResult, Fact, Facts, With } from './exchange.ts';

/** Runs on every message and adds one fact. `needs` and `adds` are data, so that the compiler can check the order of the line. */
export interface Guard<N extends Fact, A extends Fact> {
  readonly name: string;
  readonly needs: readonly N[];
  readonly adds: A;
  check(exchange: With<N>): GuardVerdict<Facts[A]> | Promise<GuardVerdict<Facts[A]>>;
}

/** Runs on some classes of method; it adds nothing to the type and can only refuse, revise or hold. */
export interface ArgumentScreen {
  readonly name: string;
  check(call: Call): ScreenVerdict | Promise<ScreenVerdict>;
}

export interface ResultScreen {
  readonly name: string;
  check(result: CallResult): ResultVerdict | Promise<ResultVerdict>;
}

export type ResultVerdict =
  | Exclude<ScreenVerdict, { verdict: 'revise' }>
  | { readonly verdict: 'revise'; readonly result: CallResult['result']; readonly note: string };

// The parameter is `never` so that every guard fits, whatever it needs.
export interface AnyGuard {
  readonly name: string;
  readonly needs: readonly Fact[];
  readonly adds: Fact;
  check(exchange: never): GuardVerdict<Facts[Fact]> | Promise<GuardVerdict<Facts[Fact]>>;
}

/** The facts that a line of guards proves, or the name of the guard that stands too early and what it misses. */
export type Proven<Rows extends readonly AnyGuard[], Have extends Fact = never> = Rows extends readonly [
  Guard<infer N extends Fact, infer A extends Fact>,
  ...infer Rest extends readonly AnyGuard[],
]
  ? [N] extends [Have]
    ? Proven<Rest, Have | A>
    : { readonly tooEarly: A; readonly misses: Exclude<N, Have> }
  : Have;

/** What failed, as a denial: the detail stays with the operator. */
export const denied = (failed: Failure<Reason>): Deny =>
  failed.detail === undefined
    ? { verdict: 'deny', reason: failed.reason }
    : { verdict: 'deny', reason: failed.reason, detail: failed.detail };
