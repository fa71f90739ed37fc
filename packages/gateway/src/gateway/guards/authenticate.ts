import type { Authenticator } from '../../contracts/authenticator.ts';
import type { Principal } from '../../contracts/principal.ts';
import type { SnapshotSource } from '../../contracts/snapshot.ts';
import type { GuardVerdict } from '../../contracts/verdict.ts';
import type { Received } from '../exchange.ts';
import { denied, type Guard } from '../guard.ts';

const BEARER = /^Bearer ([\x21-\x7e]{1,512})$/i;

/** Possession of a key, on every request (R0-09). Every way of failing reads the same to the caller. */
export function authenticate(identity: Authenticator, snapshots: SnapshotSource): Guard<'endpoint', 'principal'> {
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
      const judge = (identified: Identified): GuardVerdict<Principal> => {
        if (!identified.ok) return denied(identified);
        const { tenant } = identified.value;
        // What another tenant's calls are judged by is another snapshot. One that has none throws, and what throws is a denial.
        if (exchange.snapshot.tenant !== tenant) (exchange as Received).snapshot = snapshots.current(tenant);
        return { verdict: 'pass', fact: identified.value };
      };
      return found instanceof Promise ? found.then(judge) : judge(found);
    },
  };
}

type Identified = Awaited<ReturnType<Authenticator['identify']>>;
