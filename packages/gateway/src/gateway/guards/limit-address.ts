import type { Clock } from '../../base/clock.ts';
import { LIMITS } from '../../base/limits.ts';
import type { Charge } from '../budget.ts';
import { type Rate, Windows } from '../budget.ts';
import type { AddressBudget, Received } from '../exchange.ts';
import type { Guard } from '../guard.ts';

const NO_BUDGET: AddressBudget = { refund: () => true };
const UNCHARGED: Rate = { base: LIMITS.unchargedPerMinute, burst: 0 };

/** Before anything costs (R2-054). A unit per request, given back by `limit-rate` for messages that cost none. */
export function limitAddress(clock: Clock): Guard<never, 'addressBudget'> {
  const windows = new Windows({ base: 1, burst: 0 });
  const uncharged = new Windows(UNCHARGED);
  return {
    name: 'limit-address',
    needs: [],
    adds: 'addressBudget',
    check(exchange: Received) {
      const { rate } = exchange.snapshot.settings;
      if (!rate.byAddress) return { verdict: 'pass', fact: NO_BUDGET };
      windows.setRate({ base: rate.addressRequestsPerMinute, burst: rate.addressBurst });
      const now = clock.monotonic();
      const window = windows.of(exchange.peer.bucket, now);
      const charge = window?.take(now) ?? null;
      if (!window || !charge?.allowed) return refused(charge);
      const refund = (): boolean => {
        window.refund();
        return uncharged.of(exchange.peer.bucket, now)?.take(now).allowed ?? false;
      };
      return { verdict: 'pass', fact: { refund } };
    },
  };
}

function refused(charge: Charge | null) {
  return { verdict: 'deny', reason: 'gateway.address_rate_limited', retryAfterSeconds: charge?.resetSeconds ?? 60 } as const;
}
