import type { Clock } from '../base/clock.ts';
import type { Authenticator } from '../contracts/authenticator.ts';
import type { SnapshotSource } from '../contracts/snapshot.ts';
import type { HostRules } from '../http/index.ts';
import type { LargeReader } from '../protocol/index.ts';
import type { Budgets } from './budget.ts';
import type { CallsUnderWay } from './calls-under-way.ts';
import type { Sessions } from './downstream/sessions.ts';
import type { ArgumentScreen, ResultScreen } from './guard.ts';
import { authenticate } from './guards/authenticate.ts';
import { authorize } from './guards/authorize.ts';
import { door } from './guards/door.ts';
import { frame } from './guards/frame.ts';
import { limitAddress } from './guards/limit-address.ts';
import { limitCalls } from './guards/limit-calls.ts';
import { limitRate } from './guards/limit-rate.ts';
import { resolveTarget } from './guards/resolve-target.ts';
import { type Line, lineOf } from './line.ts';
import type { LookUp } from './look-up.ts';
import type { Tasks } from './reverse/tasks.ts';
import { authorizeArguments } from './screens/authorize-arguments.ts';
import type { ArgumentRows, ResultRows } from './screens/run-screens.ts';
import { validateArguments } from './screens/validate-arguments.ts';
import { validateResult } from './screens/validate-result.ts';

export interface PipelineDeps {
  readonly clock: Clock;
  /** Shared with other gateways, or null. */
  readonly budgets: Budgets | null;
  readonly underWay: CallsUnderWay;
  readonly identity: Authenticator;
  readonly snapshots: SnapshotSource;
  readonly sessions: Sessions;
  readonly tasks: Tasks;
  readonly large: LargeReader;
  readonly hosts: () => HostRules;
  readonly secure: boolean;
  /** Inspection: detectors, redaction, destination rules, flow labels, approvals. */
  readonly inspect: { readonly arguments: readonly ArgumentScreen[]; readonly result: readonly ResultScreen[] };
}

/**
 * The line (DESIGN section 4). Guards run on every message, in this order, and each adds a fact; a row that is missing or too early does
 * not compile. Screens run on calls, on the columns that are marked:
 *
 *                        initialize  ping  discover  list  call get read complete subscribe task  log-level  listen  stream end  notification answer
 *   limit-address            x         x       x       x                 x                            x         x        x            x
 *   door                     x         x       x       x                 x                            x         x        x            x
 *   authenticate             x         x       x       x                 x                            x         x        x            x
 *   frame                    x         x       x       x                 x                            x         x        x            x
 *   limit-rate               x         x       x       x                 x                            x         x        x            x
 *   resolve-target           x         x       x       x                 x                            x         x        x            x
 *   authorize                x         x       x     filter              x                            x         x        x            x
 *   limit-calls                                                          x
 *   validate-arguments                                                   x
 *   authorize-arguments                                                  x
 *   inspect-arguments                                                    x
 *   (journal: intent, forward)                                           x
 *   validate-result                                                      x
 *   inspect-result                                                       x
 *   (journal: outcome)                                                   x
 *
 * `resolve-target` looks up whether a single resource is there, hidden or not, before it is decided: the one guard that asks a server (`look-up.ts`).
 *
 * What a server asks of a client has a line of its own, with the roles swapped: `reverse/ask-line.ts`.
 */
export function guardsOf(deps: PipelineDeps, lookUp: LookUp): Line {
  return lineOf(
    [
      limitAddress(deps.clock),
      door(deps.hosts, deps.secure, deps.identity),
      authenticate(deps.identity, deps.snapshots),
      frame(deps.sessions, deps.large),
      limitRate(deps.clock, deps.budgets),
      resolveTarget(deps.tasks, lookUp),
      authorize(),
      limitCalls(deps.clock, deps.budgets, deps.underWay),
    ],
    deps.clock,
  );
}

export function screensOf({ inspect }: PipelineDeps): { readonly arguments: ArgumentRows; readonly result: ResultRows } {
  return {
    arguments: [validateArguments(), authorizeArguments(), ...inspect.arguments],
    result: [validateResult(), ...inspect.result],
  };
}
