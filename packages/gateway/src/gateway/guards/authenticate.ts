import type { Authenticator } from '../../contracts/authenticator.ts';
import type { Principal } from '../../contracts/principal.ts';
import type { GuardVerdict } from '../../contracts/verdict.ts';
import { denied, type Guard } from '../guard.ts';

const BEARER = /^Bearer ([\x21-\x7e]{1,512})$/i;

/** Possession of a key, on every request (R0-09). Every way of failing reads the same to the caller. */
export function authenticate(identity: Authenticator): Guard<'endpoint', 'principal'> {
  return {
    name: 'authenticate',
    needs: ['endpoint'],
    adds: 'principal',
    check(exchange) {
      const header = exchange.http.headers['authorization'];
      if (header === undefined) return { verdict: 'deny', reason: 'identity.credential_missing' };
      const token = typeof header === 'string' ? BEARER.exec(header)?.[1] : undefined;
      if (token === undefined) return { verdict: 'deny', reason: 'identity.credential_malformed' };
      const found = identity.identify(token, exchange.peer.address);
      return found instanceof Promise ? found.then(toVerdict) : toVerdict(found);
    },
  };
}

function toVerdict(found: Awaited<ReturnType<Authenticator['identify']>>): GuardVerdict<Principal> {
  return found.ok ? { verdict: 'pass', fact: found.value } : denied(found);
}
