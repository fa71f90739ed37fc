import type { Clock } from '../../base/clock.ts';
import { LIMITS } from '../../base/limits.ts';
import { type Rate, Windows } from '../budget.ts';
import { Delays } from '../delays.ts';
import type { AddressBudget, Received } from '../exchange.ts';
import type { Guard } from '../guard.ts';

const NO_BUDGET: AddressBudget = { refund: () => true };
const UNCHARGED: Rate = { base: LIMITS.unchargedPerMinute, burst: 0 };

/** Before anything costs (R2-054). A unit per request, given back by `limit-rate` for messages that cost none. */
export function limitAddress(clock: Clock): Guard<never, 'addressBudget'> {
  const windows = new Windows({ base: 1, burst: 0 });
  const uncharged = new Windows(UNCHARGED);
  const delays = new Delays();
  return {
    name: 'limit-address',
    needs: [],
    adds: 'addressBudget',
    check(exchange: Received) {
      const { rate } = exchange.snapshot.settings;
      if (!rate.byAddress) return { verdict: 'pass', fact: NO_BUDGET };
      windows.setRate({ base: rate.addressRequestsPerMinute, burst: rate.addressBurst });
      const now = clock.monotonic();
      const { bucket } = exchange.peer;
      const delayed = rate.progressiveDelays ? delays.delayed(bucket, now) : 0;
      if (delayed > 0) return refused(delayed);
      const window = windows.of(bucket, now);
      const charge = window.take(now);
      if (!charge.allowed) return refused(rate.progressiveDelays ? delays.refused(bucket, charge.resetSeconds, now) : charge.resetSeconds);
      const refund = (): boolean => {
        window.refund();
        return uncharged.of(bucket, now).take(now).allowed;
      };
      return { verdict: 'pass', fact: { refund } };
    },
  };
}

const refused = (retryAfterSeconds: number) => ({ verdict: 'deny', reason: 'gateway.address_rate_limited', retryAfterSeconds }) as const;
