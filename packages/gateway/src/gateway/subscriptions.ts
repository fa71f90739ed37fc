import type { ServerId } from '../base/ids.ts';
import { LIMITS } from '../base/limits.ts';
import type { Principal } from '../contracts/principal.ts';
import type { Snapshot } from '../contracts/snapshot.ts';
import type { Deny } from '../contracts/verdict.ts';
import type { Session } from './downstream/sessions.ts';
import type { Call } from './exchange.ts';
import { resourceOf } from './resource-of.ts';
import { ownRequest } from './upstream/handshake.ts';
import type { UpstreamRequest, UpstreamSession } from './upstream/upstream.ts';

type Told = ReturnType<UpstreamSession['request']>;

/** Why a session may subscribe to nothing more, or null. */
export function roomToSubscribe({ exchange: { frame } }: Call): Deny | null {
  if (frame.method !== 'resources/subscribe' || frame.session === null) return null;
  let count = 0;
  for (const uris of frame.session.subscriptions.values()) count += uris.size;
  return count < LIMITS.subscriptionsPerSession ? null : { verdict: 'deny', reason: 'gateway.too_many_subscriptions' };
}

/** Subscribes or unsubscribes for the session of a stateful client, and remembers it with the session. */
export async function subscribe({ exchange: { frame }, target }: Call, upstream: UpstreamSession, request: UpstreamRequest): Told {
  const { session } = frame;
  if (session === null) return { ok: false, reason: 'gateway.fault' };
  const uris = session.subscriptions.get(target.server) ?? new Set();
  if (frame.method === 'resources/unsubscribe') {
    uris.delete(target.name);
    return upstream.unsubscribe(session.id, request);
  }
  const told = await upstream.subscribe(session.id, request);
  if (told.ok && told.value.kind === 'result') session.subscriptions.set(target.server, uris.add(target.name));
  return told;
}

/** A server that was started anew does not know what its sessions asked for. */
export async function renewSubscriptions(session: Session, server: ServerId, upstream: UpstreamSession): Promise<void> {
  const lost = [...(session.subscriptions.get(server) ?? [])].filter((uri) => !upstream.subscribed(session.id, uri));
  await Promise.all(lost.map((uri) => upstream.subscribe(session.id, ownRequest('resources/subscribe', { uri }, LIMITS.callMs))));
}

/** Whether the caller may still be told of a resource: policies may have changed since it subscribed. */
export function mayHear(snapshot: Snapshot, principal: Principal, server: ServerId, uri: string): boolean {
  const registration = snapshot.servers.get(server);
  if (registration?.enabled !== true) return false;
  const resource = resourceOf(snapshot, registration, uri);
  return (['discover', 'call'] as const).every((action) => {
    const decision = snapshot.policy.decide(principal, action, resource);
    return decision.ok && decision.value.effect === 'allow';
  });
}
