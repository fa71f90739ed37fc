import { LIMITS } from '../base/limits.ts';
import { failure, type Result } from '../base/result.ts';
import type { GatewayReason } from '../contracts/reasons/gateway.ts';
import type { Registration } from '../contracts/registration.ts';
import type { Deny } from '../contracts/verdict.ts';
import { atServer } from './at-server.ts';
import type { Health } from './breakers.ts';
import { Cancellation } from './cancellation.ts';
import type { With } from './exchange.ts';
import { denied } from './guard.ts';
import { healthOf } from './health-of.ts';
import type { Works } from './methods/works.ts';
import { ownerFor } from './owner-for.ts';

type Asking = With<'frame' | 'principal'>;
type Listed = Result<boolean, GatewayReason>;

/**
 * Whether a server lists a resource, before anything else is asked of it. Null stands for what the caller may not discover: the server is asked the same, as
 * often, under the same bounds, and it is not there. So neither the time nor the server tells what a rule hides from what there is none of.
 */
export type LookUp = (exchange: Asking, server: Registration, uri: string | null) => Promise<boolean | Deny>;

export const CANCELLED: Deny = { verdict: 'deny', reason: 'gateway.cancelled' };

export function lookUpWith(works: Works): LookUp {
  return async (exchange, server, uri) => {
    const found = await cancellable(exchange, look(exchange, server, uri, works));
    if ('verdict' in found) return found;
    return found.ok ? found.value : denied(found);
  };
}

async function look(exchange: Asking, server: Registration, uri: string | null, works: Works): Promise<Listed | Deny> {
  const there = atServer(server, exchange.principal.id, works);
  if ('verdict' in there) return there;
  let health: Health = 'unknown';
  try {
    const upstream = await works.upstreams.acquire(server, exchange.frame.era, ownerFor(exchange, server.id, works));
    const listed = upstream.ok ? await inTime(upstream.value.lists(uri)) : upstream;
    // That a list can be read tells little of the reads that follow: only they close a circuit.
    if (!listed.ok) health = healthOf(server, listed.reason);
    return listed;
  } finally {
    there.leave(health);
  }
}

async function inTime(reading: Promise<Listed>): Promise<Listed> {
  const { promise, resolve } = Promise.withResolvers<Listed>();
  const timer = setTimeout(() => resolve(failure('gateway.upstream_timeout')), LIMITS.listServerMs);
  try {
    return await Promise.race([reading, promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** A request of a session can be cancelled from the moment in which somebody is asked for its sake. */
async function cancellable<T>({ frame: { id, session } }: Asking, looking: Promise<T>): Promise<T | Deny> {
  if (session === null) return looking;
  const key = JSON.stringify(id);
  const gone = new Cancellation();
  const { promise, resolve } = Promise.withResolvers<Deny>();
  gone.addEventListener('abort', () => resolve(CANCELLED));
  session.inFlight.set(key, gone);
  try {
    return await Promise.race([looking, promise]);
  } finally {
    if (session.inFlight.get(key) === gone) session.inFlight.delete(key);
  }
}
