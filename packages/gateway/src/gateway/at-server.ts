import { serverLabel } from '../base/ids.ts';
import type { Registration } from '../contracts/registration.ts';
import type { Deny } from '../contracts/verdict.ts';
import type { Health } from './breakers.ts';
import type { Works } from './methods/works.ts';

/** Asking a server that has been let begin. */
export interface AtServer {
  /** Once, when it is over, however it ended: the place is free again, and the circuit has heard how the server is. */
  readonly leave: (health: Health) => void;
}

/**
 * Lets a server be asked on behalf of a principal: within his places there, as one slow server must not take all that he has, and not while its circuit is
 * open. At once and without a promise, since every call passes here.
 */
export function atServer(server: Registration, who: string, { places, breakers }: Pick<Works, 'places' | 'breakers'>): AtServer | Deny {
  const label = serverLabel(server.tenant, server.id);
  const free = places.take(label, who);
  if (free === null) return { verdict: 'deny', reason: 'gateway.too_many_in_flight', retryAfterSeconds: 1 };
  const wait = breakers.admit(label, who);
  if (wait > 0) {
    free();
    return { verdict: 'deny', reason: 'gateway.circuit_open', retryAfterSeconds: wait };
  }
  return {
    leave(health) {
      breakers.report(label, who, health);
      free();
    },
  };
}
