import type { ServerId } from '../base/ids.ts';
import type { Decision } from '../contracts/decision.ts';
import type { Principal } from '../contracts/principal.ts';
import type { Snapshot } from '../contracts/snapshot.ts';
import type { Era, Tool } from '../contracts/target.ts';

/** What one principal may discover under one snapshot. */
export interface Visible {
  readonly byQualifiedName: ReadonlyMap<string, Tool>;
  /** Tools that are offered and not to this principal, with the decision, for the record of a refused call. */
  readonly hidden: ReadonlyMap<string, { readonly tool: Tool; readonly decision: Decision }>;
  readonly byEra: Readonly<Record<Era, readonly Tool[]>>;
  /** Servers with at least one discoverable tool. */
  readonly servers: ReadonlySet<ServerId>;
  /** Servers among them that the era cannot reach: left out of its lists and counted (DESIGN section 5). */
  readonly unreachable: Readonly<Record<Era, number>>;
}

const cache = new WeakMap<Snapshot, WeakMap<Principal, Visible>>();

/**
 * Decided once for all tools, so that afterwards a hidden tool and an unknown one are the same miss in the same map, at the same cost
 * (existence oracle). A tool that the policy engine fails on is not visible.
 */
export function visibleTo(snapshot: Snapshot, principal: Principal): Visible {
  let perPrincipal = cache.get(snapshot);
  if (!perPrincipal) {
    perPrincipal = new WeakMap();
    cache.set(snapshot, perPrincipal);
  }
  let visible = perPrincipal.get(principal);
  if (!visible) {
    visible = decideAll(snapshot, principal);
    perPrincipal.set(principal, visible);
  }
  return visible;
}

function decideAll(snapshot: Snapshot, principal: Principal): Visible {
  const byQualifiedName = new Map<string, Tool>();
  const hidden = new Map<string, { readonly tool: Tool; readonly decision: Decision }>();
  const byEra: Record<Era, Tool[]> = { legacy: [], modern: [] };
  const servers = new Set<ServerId>();
  for (const tool of snapshot.tools.values()) {
    if (!offered(snapshot, tool)) continue;
    const decision = snapshot.policy.decide(principal, 'discover', tool);
    if (!decision.ok) continue;
    if (decision.value.effect !== 'allow') {
      hidden.set(tool.qualifiedName, { tool, decision: decision.value });
      continue;
    }
    byQualifiedName.set(tool.qualifiedName, tool);
    servers.add(tool.server);
    for (const era of ['legacy', 'modern'] as const) if (reaches(snapshot, tool.server, era)) byEra[era].push(tool);
  }
  const unreachable = (era: Era): number => [...servers].filter((server) => !reaches(snapshot, server, era)).length;
  return { byQualifiedName, hidden, byEra, servers, unreachable: { legacy: unreachable('legacy'), modern: unreachable('modern') } };
}

/** Approved, of a server that is switched on, and in need of nothing that this gateway does not relay. */
function offered(snapshot: Snapshot, tool: Tool): boolean {
  return tool.state === 'approved' && tool.needs.length === 0 && snapshot.servers.get(tool.server)?.enabled === true;
}

export function reaches(snapshot: Snapshot, server: ServerId, era: Era): boolean {
  return (snapshot.servers.get(server)?.revisions[era].length ?? 0) > 0;
}
