import type { Clock } from '../../base/clock.ts';
import type { PrincipalId } from '../../base/ids.ts';
import { LIMITS } from '../../base/limits.ts';
import type { GuardVerdict } from '../../contracts/verdict.ts';
import { type Budgets, type Charge, Windows } from '../budget.ts';
import { Delays } from '../delays.ts';
import type { Budget } from '../exchange.ts';
import { denied, type Guard } from '../guard.ts';

const FREE: Budget = { charge: null, release: () => undefined };

/** One unit for each client request, also for those that are refused later (R2-052, R2-053, R2-055). */
export function limitRate(clock: Clock, shared: Budgets | null): Guard<'addressBudget' | 'principal' | 'frame', 'budget'> {
  const windows = new Windows({ base: 1, burst: 0 });
  const delays = new Delays();
  const inFlight = new Map<PrincipalId, number>();
  const hold = (id: PrincipalId): Budget['release'] => {
    inFlight.set(id, (inFlight.get(id) ?? 0) + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const left = (inFlight.get(id) ?? 1) - 1;
      if (left <= 0) inFlight.delete(id);
      else inFlight.set(id, left);
    };
  };
  return {
    name: 'limit-rate',
    needs: ['addressBudget', 'principal', 'frame'],
    adds: 'budget',
    check({ addressBudget, principal, frame, snapshot }) {
      const { rate } = snapshot.settings;
      if (frame.plan.units === 0) {
        return addressBudget.refund()
          ? { verdict: 'pass', fact: FREE }
          : { verdict: 'deny', reason: 'gateway.address_rate_limited', retryAfterSeconds: 60 };
      }
      const now = clock.monotonic();
      windows.setRate({ base: rate.requestsPerMinute, burst: rate.burst });
      const delayed = rate.byPrincipal && rate.progressiveDelays ? delays.delayed(principal.id, now) : 0;
      if (delayed > 0) return refused(delayed);
      const judge = (charge: Charge | null): GuardVerdict<Budget> => {
        if (charge && !charge.allowed)
          return refused(rate.progressiveDelays ? delays.refused(principal.id, charge.resetSeconds, now) : charge.resetSeconds);
        if ((inFlight.get(principal.id) ?? 0) >= LIMITS.inFlightPerPrincipal)
          return { verdict: 'deny', reason: 'gateway.too_many_in_flight', retryAfterSeconds: 1 };
        return { verdict: 'pass', fact: { charge, release: hold(principal.id) } };
      };
      if (!rate.byPrincipal) return judge(null);
      if (shared === null) return judge(windows.of(principal.id, now).take(now));
      const taken = shared.take(principal.id, { base: rate.requestsPerMinute, burst: rate.burst });
      // Where the budget cannot be asked for, nothing is allowed.
      return taken instanceof Promise ? taken.then((asked) => (asked.ok ? judge(asked.value) : denied(asked))) : judge(taken);
    },
  };
}

const refused = (retryAfterSeconds: number) => ({ verdict: 'deny', reason: 'gateway.rate_limited', retryAfterSeconds }) as const;
