import type { PrincipalId, TenantId } from '../base/ids.ts';
import type { CallLimit } from '../contracts/registration.ts';

/** The server that a request goes to, or the tool that it calls, and what that is asked at most. */
export interface Bound {
  readonly of: 'server' | 'tool';
  /** Its id, or its qualified name. */
  readonly key: string;
  readonly limit: CallLimit | null;
}

/** A request's place among those under way. */
export interface CallPlace {
  /** Ends it, once; nothing where it was handed over. */
  release(): void;
  /** For work that outlives the exchange: the exchange keeps nothing, and whoever took it ends it. Idempotent, as `release` is. */
  handOver(): () => void;
}

export interface Full {
  readonly bound: Bound;
  readonly most: number;
  /** Whether it is the caller's own share that is full. */
  readonly own: boolean;
}

interface Count {
  total: number;
  readonly byPrincipal: Map<PrincipalId, number>;
}

export interface Caller {
  readonly tenant: TenantId;
  readonly principal: PrincipalId;
}

/**
 * Requests under way by server and by tool. Everything is counted, also where nothing is bounded yet, so that a limit which is set holds from that
 * moment. What is not under way is not kept.
 */
export class CallsUnderWay {
  readonly #byTenant = new Map<TenantId, Map<string, Count>>();

  /** All of them or none. */
  take({ tenant, principal }: Caller, bounds: readonly Bound[]): CallPlace | Full {
    const counts = this.#byTenant.get(tenant) ?? new Map<string, Count>();
    for (const bound of bounds) {
      const full = fullAt(bound, counts.get(bound.key), principal);
      if (full !== null) return full;
    }
    this.#byTenant.set(tenant, counts);
    for (const { key } of bounds) add(counts, key, principal);
    let held = true;
    const end = (): void => {
      if (!held) return;
      held = false;
      for (const { key } of bounds) subtract(counts, key, principal);
      if (counts.size === 0 && this.#byTenant.get(tenant) === counts) this.#byTenant.delete(tenant);
    };
    let kept = true;
    return {
      release: () => {
        if (kept) end();
      },
      handOver: () => {
        kept = false;
        return end;
      },
    };
  }

  /** How many are under way at a server or tool. */
  count(tenant: TenantId, key: string): number {
    return this.#byTenant.get(tenant)?.get(key)?.total ?? 0;
  }

  /** Servers and tools that anything is under way at. */
  get size(): number {
    let size = 0;
    for (const counts of this.#byTenant.values()) size += counts.size;
    return size;
  }
}

function fullAt(bound: Bound, count: Count | undefined, principal: PrincipalId): Full | null {
  const { limit } = bound;
  if (limit === null || count === undefined) return null;
  const { inFlight, inFlightPerPrincipal } = limit;
  if (inFlightPerPrincipal !== null && (count.byPrincipal.get(principal) ?? 0) >= inFlightPerPrincipal)
    return { bound, most: inFlightPerPrincipal, own: true };
  return inFlight !== null && count.total >= inFlight ? { bound, most: inFlight, own: false } : null;
}

function add(counts: Map<string, Count>, key: string, principal: PrincipalId): void {
  const count = counts.get(key) ?? { total: 0, byPrincipal: new Map() };
  counts.set(key, count);
  count.total += 1;
  count.byPrincipal.set(principal, (count.byPrincipal.get(principal) ?? 0) + 1);
}

function subtract(counts: Map<string, Count>, key: string, principal: PrincipalId): void {
  const count = counts.get(key);
  if (count === undefined) return;
  count.total -= 1;
  const own = (count.byPrincipal.get(principal) ?? 1) - 1;
  if (own > 0) count.byPrincipal.set(principal, own);
  else count.byPrincipal.delete(principal);
  if (count.total === 0) counts.delete(key);
}
