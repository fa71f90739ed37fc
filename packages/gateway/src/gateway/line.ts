import type { Clock } from '../base/clock.ts';
import type { Deny, GuardVerdict } from '../contracts/verdict.ts';
import type { Exchange, Fact, Facts, Partially, Received } from './exchange.ts';
import type { AnyGuard, Proven } from './guard.ts';

export type GuardOutcome =
  | { readonly passed: true; readonly exchange: Exchange }
  | { readonly passed: false; readonly denied: Deny; readonly guard: string; readonly exchange: Partially };

export type Line = (received: Received) => Promise<GuardOutcome>;

/** Only a table that proves every fact becomes a line: one that lacks a guard, or has it too early, does not compile. */
export function lineOf<const Rows extends readonly AnyGuard[]>(
  rows: Rows & ([Fact] extends [Proven<Rows>] ? unknown : Proven<Rows>),
  clock: Clock,
): Line {
  return (received) => run(rows, received, clock);
}

// The only loop. It times, it stops at the first denial, and what throws is a denial.
async function run(rows: readonly AnyGuard[], received: Received, clock: Clock): Promise<GuardOutcome> {
  const exchange: Received & { -readonly [F in Fact]?: Facts[F] } = received;
  const facts: { [F in Fact]?: unknown } = exchange;
  let began = clock.monotonic();
  for (const row of rows) {
    let verdict: GuardVerdict<Facts[Fact]>;
    try {
      // The table's type proved that what the guard needs is there.
      const answer = row.check(exchange as never);
      verdict = answer instanceof Promise ? await answer : answer;
    } catch (fault) {
      verdict = { verdict: 'deny', reason: 'gateway.fault', detail: describe(fault) };
    }
    const ended = clock.monotonic();
    received.trace.push({ guard: row.name, verdict: verdict.verdict, us: Math.round((ended - began) * 1000) });
    began = ended;
    if (verdict.verdict === 'deny') return { passed: false, denied: verdict, guard: row.name, exchange };
    facts[row.adds] = verdict.fact;
  }
  return { passed: true, exchange: exchange as Exchange };
}

export function describe(fault: unknown): string {
  return fault instanceof Error ? `${fault.name}: ${fault.message}` : String(fault);
}
