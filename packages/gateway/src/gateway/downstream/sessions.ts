import { random } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import type { DownstreamSessionId, KeyId, PrincipalId, ServerId } from '../../base/ids.ts';
import { LIMITS } from '../../base/limits.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { Principal } from '../../contracts/principal.ts';
import type { Revision } from '../../protocol/index.ts';
import type { Cancellation } from '../cancellation.ts';
import type { CallStream } from './call-stream.ts';
import { ClientAsks } from './client-asks.ts';
import type { ResumableStream } from './resumable-stream.ts';
import type { ClientStream } from './stream.ts';

/** A legacy client's session. The id is a name, never a proof: each request proves its principal again. */
export interface Session {
  readonly id: DownstreamSessionId;
  readonly principalId: PrincipalId;
  /** As it was when the session began; for what the gateway does on the session's behalf outside a request. */
  readonly principal: Principal;
  readonly server: ServerId | null;
  readonly revision: Revision;
  readonly clientInfo: JsonObject;
  /** What the client declared that is relayed for it: what a server may ask of it at most. */
  readonly capabilities: JsonObject;
  /** What it was asked and has not answered. */
  readonly asks: ClientAsks;
  /** Requests being answered, by the client's own id (JSON text, so that 1 and "1" differ). */
  readonly inFlight: Map<string, Cancellation>;
  /** Standing streams, each with the key that opened it: it ends with that key, the session may go on with another. */
  readonly streams: Map<ClientStream, KeyId>;
  /** Standing streams whose connection is gone and whose client may come back for what it missed, newest last. */
  readonly away: Set<ResumableStream>;
  /** Streams of calls being answered, newest last, by server: where log messages go while no GET stream is open. */
  readonly calls: Set<CallStream>;
  initialized: boolean;
  logLevel: string | null;
  /** The level that each server was told; one that starts later is told before its first call. */
  readonly toldLevel: Map<ServerId, string>;
  /** Resources that it asked to be told of, by server, as the server names them. */
  readonly subscriptions: Map<ServerId, Set<string>>;
  seenAt: number;
}

/** What a client says at the beginning of its session. */
type Beginning = Pick<Session, 'server' | 'revision' | 'clientInfo' | 'capabilities'>;

export interface Sessions {
  /** Null when the principal or the gateway has too many. */
  open(principal: Principal, of: Beginning): Session | null;
  /** Null for an id that is unknown, another principal's or another endpoint's: one answer for all (session hijacking). */
  find(id: string, principal: Principal, server: ServerId | null): Session | null;
  end(session: Session): void;
  endAll(which: (session: Session) => boolean): void;
  all(): IterableIterator<Session>;
  readonly size: number;
  sweep(): void;
}

export function openSessions(clock: Clock, onEnd: (session: Session) => void): Sessions {
  const byId = new Map<string, Session>();
  const counts = new Map<PrincipalId, number>();

  const end = (session: Session): void => {
    if (!byId.delete(session.id)) return;
    const left = (counts.get(session.principalId) ?? 1) - 1;
    if (left === 0) counts.delete(session.principalId);
    else counts.set(session.principalId, left);
    for (const controller of session.inFlight.values()) controller.abort();
    session.asks.endAll();
    for (const stream of session.streams.keys()) stream.end();
    onEnd(session);
  };
  const endAll = (which: (session: Session) => boolean): void => {
    for (const session of [...byId.values()]) if (which(session)) end(session);
  };
  const sweep = (): void => {
    const before = clock.monotonic() - LIMITS.sessionIdleMs;
    endAll((session) => session.seenAt < before && session.streams.size === 0 && session.inFlight.size === 0);
  };

  return {
    open(principal, of) {
      const own = counts.get(principal.id) ?? 0;
      if (own >= LIMITS.sessionsPerPrincipal || byId.size >= LIMITS.sessions) sweep();
      if ((counts.get(principal.id) ?? 0) >= LIMITS.sessionsPerPrincipal || byId.size >= LIMITS.sessions) return null;
      const session = begin(principal, of, clock.monotonic());
      byId.set(session.id, session);
      counts.set(principal.id, (counts.get(principal.id) ?? 0) + 1);
      return session;
    },
    find(id, principal, server) {
      const session = byId.get(id);
      if (!session || session.principalId !== principal.id || session.server !== server) return null;
      session.seenAt = clock.monotonic();
      return session;
    },
    end,
    endAll,
    all: () => byId.values(),
    get size() {
      return byId.size;
    },
    sweep,
  };
}

const begin = (principal: Principal, of: Beginning, now: number): Session => ({
  id: random(32).toString('base64url') as DownstreamSessionId,
  principalId: principal.id,
  principal,
  ...of,
  asks: new ClientAsks(),
  inFlight: new Map(),
  streams: new Map(),
  away: new Set(),
  calls: new Set(),
  initialized: false,
  logLevel: null,
  toldLevel: new Map(),
  subscriptions: new Map(),
  seenAt: now,
});
