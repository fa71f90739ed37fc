import type { ServerId } from '../../base/ids.ts';
import { LIMITS } from '../../base/limits.ts';
import type { Session } from '../downstream/sessions.ts';

const known = new WeakMap<Session, Set<string>>();

const keyOf = (server: ServerId, id: string): string => `${server} ${id}`;

/** An elicitation by URL that a server sent this client to: only such a one can be reported complete. The oldest is forgotten first. */
export function noteElicitation(session: Session, server: ServerId, id: string): void {
  const ids = known.get(session) ?? new Set();
  known.set(session, ids);
  const [oldest] = ids;
  if (ids.size >= LIMITS.elicitationsPerSession && oldest !== undefined) ids.delete(oldest);
  ids.add(keyOf(server, id));
}

/** True once for each that was noted. */
export const forgetElicitation = (session: Session, server: ServerId, id: string): boolean =>
  known.get(session)?.delete(keyOf(server, id)) === true;
