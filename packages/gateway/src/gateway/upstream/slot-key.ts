import type { Registration } from '../../contracts/registration.ts';
import type { Era } from '../../contracts/target.ts';
import { nameOf } from './dial.ts';
import type { UpstreamOwner } from './upstream.ts';

/** Whose a running upstream session is. A session id of another principal never finds it: the principal is part of every key that is not shared. */
export interface SlotKey {
  readonly text: string;
  readonly server: string;
  /** Tenant and principal that it counts for; null where it is everybody's. */
  readonly principal: string | null;
  readonly session: string | null;
}

/** DESIGN section 4, "Sessions". A stateless server has one for all; the registration says how stateful ones are shared. */
export function slotKey(server: Registration, era: Era, owner: UpstreamOwner): SlotKey {
  const name = nameOf(server);
  const who = `${owner.principal.tenant}/${owner.principal.id}`;
  if (era === 'modern' || server.sharing === 'shared') return { text: `${name} ${era}`, server: name, principal: null, session: null };
  if (server.sharing === 'principal') return { text: `${name} ${era} ${who}`, server: name, principal: who, session: null };
  const session = owner.session ?? '-';
  return { text: `${name} ${era} ${who} ${session}`, server: name, principal: who, session: owner.session };
}

/** Whether two registrations start or reach the same thing in the same way. */
export const sameServer = (a: Registration, b: Registration): boolean =>
  a === b || (a.sharing === b.sharing && JSON.stringify(a.transport) === JSON.stringify(b.transport));
