import { serverLabel } from '../base/ids.ts';
import type { Registration } from '../contracts/registration.ts';
import type { Deny } from '../contracts/verdict.ts';
import type { Health } from './breakers.ts';
import type { Works } from './methods/works.ts';

/** How asking a server went. */
export interface Went<T> {
  readonly value: T;
  readonly health: Health;
}

/**
 * Asks a server on behalf of a principal: within his places there, as one slow server must not take all that he has, and not while its circuit is open.
 */
export async function atServer<T>(
  server: Registration,
  who: string,
  { places, breakers }: Pick<Works, 'places' | 'breakers'>,
  ask: () => Promise<Went<T>>,
): Promise<T | Deny> {
  const label = serverLabel(server.tenant, server.id);
  const leave = places.take(label, who);
  if (leave === null) return { verdict: 'deny', reason: 'gateway.too_many_in_flight', retryAfterSeconds: 1 };
  try {
    const wait = breakers.admit(label, who);
    if (wait > 0) return { verdict: 'deny', reason: 'gateway.circuit_open', retryAfterSeconds: wait };
    let health: Health = 'unknown';
    try {
      const went = await ask();
      health = went.health;
      return went.value;
    } finally {
      breakers.report(label, who, health);
    }
  } finally {
    leave();
  }
}
