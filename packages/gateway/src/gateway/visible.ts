import type { ServerId } from '../base/ids.ts';
import type { Decision } from '../contracts/decision.ts';
import type { Principal } from '../contracts/principal.ts';
import type { Snapshot } from '../contracts/snapshot.ts';
import type { Era, Pin, PinKind, Prompt, ResourceTemplate, Tool } from '../contracts/target.ts';
import { resourceOf } from './resource-of.ts';

/** What one principal may discover under one snapshot. Single resources are decided when they are listed or asked for. */
export interface Visible {
  readonly tool: VisibleKind<Tool>;
  readonly prompt: VisibleKind<Prompt>;
  readonly template: VisibleKind<ResourceTemplate>;
  /** Servers with at least one discoverable pin, or whose resources as a whole (the empty URI) may be discovered. */
  readonly servers: ReadonlySet<ServerId>;
  /** Servers among them that the era cannot reach: left out of its lists and counted (DESIGN section 5). */
  readonly unreachable: Readonly<Record<Era, number>>;
  /** The minute for which it was decided; null: it holds as long as the snapshot. */
  readonly minute: string | null;
}

export interface VisibleKind<P extends Pin> {
  readonly byQualifiedName: ReadonlyMap<string, P>;
  /** What is offered and not to this principal, with the decision, for the record of a refused call. */
  readonly hidden: ReadonlyMap<string, { readonly target: P; readonly decision: Decision }>;
  readonly byEra: Readonly<Record<Era, readonly P[]>>;
}

const cache = new WeakMap<Snapshot, WeakMap<Principal, Visible>>();

/**
 * Decided once for all pins, so that afterwards a hidden tool and an unknown one are the same miss in the same map, at the same cost
 * (existence oracle). What the policy engine fails on is not visible.
 */
export function visibleTo(snapshot: Snapshot, principal: Principal): Visible {
  let perPrincipal = cache.get(snapshot);
  if (!perPrincipal) {
    perPrincipal = new WeakMap();
    cache.set(snapshot, perPrincipal);
  }
  let visible = perPrincipal.get(principal);
  // Where policies read the time, lists change with it.
  if (!visible || visible.minute !== snapshot.policy.minute()) {
    visible = decideAll(snapshot, principal);
    perPrincipal.set(principal, visible);
  }
  return visible;
}

function decideAll(snapshot: Snapshot, principal: Principal): Visible {
  const minute = snapshot.policy.minute();
  const tool = decideKind(snapshot, principal, snapshot.tools);
  const prompt = decideKind(snapshot, principal, snapshot.prompts);
  const template = decideKind(snapshot, principal, snapshot.templates);
  const servers = new Set<ServerId>();
  for (const { byQualifiedName } of [tool, prompt, template]) for (const pin of byQualifiedName.values()) servers.add(pin.server);
  for (const server of snapshot.servers.values()) {
    const decision = server.enabled ? snapshot.policy.decide(principal, 'discover', resourceOf(snapshot, server, '')) : null;
    if (decision?.ok && decision.value.effect === 'allow') servers.add(server.id);
  }
  const unreachable = (era: Era): number => [...servers].filter((server) => !reaches(snapshot, server, era)).length;
  return { tool, prompt, template, servers, unreachable: { legacy: unreachable('legacy'), modern: unreachable('modern') }, minute };
}

function decideKind<P extends Pin>(snapshot: Snapshot, principal: Principal, pins: ReadonlyMap<string, P>): VisibleKind<P> {
  const byQualifiedName = new Map<string, P>();
  const hidden = new Map<string, { readonly target: P; readonly decision: Decision }>();
  const byEra: Record<Era, P[]> = { legacy: [], modern: [] };
  for (const pin of pins.values()) {
    if (!offered(snapshot, pin)) continue;
    const decision = snapshot.policy.decide(principal, 'discover', pin);
    if (!decision.ok) continue;
    if (decision.value.effect !== 'allow') {
      hidden.set(pin.qualifiedName, { target: pin, decision: decision.value });
      continue;
    }
    byQualifiedName.set(pin.qualifiedName, pin);
    for (const era of ['legacy', 'modern'] as const) if (reaches(snapshot, pin.server, era)) byEra[era].push(pin);
  }
  return { byQualifiedName, hidden, byEra };
}

/** The pins of a kind by qualified name, in every state. */
export const pinsOf = (snapshot: Snapshot, kind: PinKind): ReadonlyMap<string, Pin> =>
  ({ tool: snapshot.tools, prompt: snapshot.prompts, template: snapshot.templates })[kind];

/** Approved, of a server that is switched on. Whether its client can use it is looked at for each message (`reverse/capabilities.ts`). */
function offered(snapshot: Snapshot, pin: Pin): boolean {
  return pin.state === 'approved' && snapshot.servers.get(pin.server)?.enabled === true;
}

export function reaches(snapshot: Snapshot, server: ServerId, era: Era): boolean {
  return (snapshot.servers.get(server)?.revisions[era].length ?? 0) > 0;
}
