import type { ServerId } from '../base/ids.ts';
import type { With } from './exchange.ts';
import type { Works } from './methods/works.ts';
import { listenerFor } from './notify.ts';
import type { UpstreamOwner } from './upstream/upstream.ts';

/** For whom a server is asked: the client's session where it has one, whichever method needs the server first. */
export function ownerFor({ frame: { session }, principal }: With<'frame' | 'principal'>, server: ServerId, works: Works): UpstreamOwner {
  if (session === null) return { principal, session: null, listener: null };
  return { principal, session: session.id, listener: listenerFor(session, server, works), capabilities: session.capabilities };
}
