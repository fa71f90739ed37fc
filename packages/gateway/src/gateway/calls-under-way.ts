import type { PrincipalId, TenantId } from '../base/ids.ts';
import { type Result, success } from '../base/result.ts';
import type { StorageReason } from '../contracts/reasons/storage.ts';
import type { CallLimit } from '../contracts/registration.ts';
import type { Shares, Slot } from './shares/shares.ts';

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

export type Asked = Result<CallPlace | Full, StorageReason>;

/** Milliseconds after which places that were all taken are asked for once more: another gateway tells of one that ended a moment after it did. */
const AGAIN_MS = [0, 30, 100] as const;

/** A bound, and what of it gateways share. */
interface Shared extends Slot {
  readonly full: Full;
}

/**
 * Requests under way by server and by tool. Everything is counted, also where nothing is bounded yet, so that a limit which is set holds from that
 * moment. What is not under way is not kept.
 */
export class CallsUnderWay {
  readonly #byTenant = new Map<TenantId, Map<string, Count>>();
  readonly #shares: Shares | null;

  /** @param shares where other gateways have a share of each bound; null: all of it is this one's */
  constructor(shares: Shares | null = null) {
    this.#shares = shares;
    shares?.countBy(({ tenant, key, who }) => this.#used(tenant, key, who));
  }

  /** All of them or none. */
  take(caller: Caller, bounds: readonly Bound[]): CallPlace | Full | Promise<Asked> {
    const full = this.#fullAt(caller, bounds);
    if (full !== null) return full;
    const slots = this.#shares === null ? [] : slotsOf(caller, bounds);
    const lacking = this.#shares?.lacks(slots) ?? null;
    if (this.#shares === null || lacking === null) return this.#begin(caller, bounds, slots);
    return this.#shares.isFull(lacking) ? fullOf(lacking, slots) : this.#ask(this.#shares, caller, bounds);
  }

  /** Tells other gateways of what is under way where something is bounded now. */
  boundBy(tenant: TenantId, limitOf: (key: string) => CallLimit | null): void {
    const counts = this.#byTenant.get(tenant);
    if (this.#shares === null || counts === undefined) return;
    for (const [key, { byPrincipal }] of counts)
      for (const principal of byPrincipal.keys())
        this.#shares.bound(slotsOf({ tenant, principal }, [{ of: 'server', key, limit: limitOf(key) }]));
  }

  async #ask(shares: Shares, caller: Caller, bounds: readonly Bound[]): Promise<Asked> {
    const slots = slotsOf(caller, bounds);
    for (const after of AGAIN_MS) {
      if (after > 0) await new Promise((done) => setTimeout(done, after));
      const asked = await shares.ask(slots);
      if (!asked.ok) return asked;
      const full = this.#fullAt(caller, bounds);
      if (full !== null) return success(full);
      if (shares.lacks(slots) === null) return success(this.#begin(caller, bounds, slots));
    }
    const lacking = shares.lacks(slots);
    return success(lacking === null ? this.#begin(caller, bounds, slots) : fullOf(lacking, slots));
  }

  #fullAt({ tenant, principal }: Caller, bounds: readonly Bound[]): Full | null {
    const counts = this.#byTenant.get(tenant);
    for (const bound of bounds) {
      const full = fullAt(bound, counts?.get(bound.key), principal);
      if (full !== null) return full;
    }
    return null;
  }

  #begin({ tenant, principal }: Caller, bounds: readonly Bound[], slots: readonly Slot[]): CallPlace {
    const counts = this.#byTenant.get(tenant) ?? new Map<string, Count>();
    this.#byTenant.set(tenant, counts);
    for (const { key } of bounds) add(counts, key, principal);
    this.#shares?.began(slots);
    let held = true;
    const end = (): void => {
      if (!held) return;
      held = false;
      for (const { key } of bounds) subtract(counts, key, principal);
      if (counts.size === 0 && this.#byTenant.get(tenant) === counts) this.#byTenant.delete(tenant);
      this.#shares?.ended(slots);
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

  #used(tenant: TenantId, key: string, who: string): number {
    const count = this.#byTenant.get(tenant)?.get(key);
    return (who === '' ? count?.total : count?.byPrincipal.get(who as PrincipalId)) ?? 0;
  }

  /** Servers and tools that anything is under way at. */
  get size(): number {
    let size = 0;
    for (const counts of this.#byTenant.values()) size += counts.size;
    return size;
  }
}

function slotsOf({ tenant, principal }: Caller, bounds: readonly Bound[]): readonly Shared[] {
  return bounds.flatMap((bound) => {
    const { inFlight = null, inFlightPerPrincipal = null } = bound.limit ?? {};
    const of = { tenant, key: bound.key };
    const own = inFlightPerPrincipal === null ? [] : [sharedOf({ ...of, who: principal, most: inFlightPerPrincipal }, bound)];
    return inFlight === null ? own : [...own, sharedOf({ ...of, who: '', most: inFlight }, bound)];
  });
}

const sharedOf = (slot: Slot, bound: Bound): Shared => ({ ...slot, full: { bound, most: slot.most, own: slot.who !== '' } });

function fullOf({ key, who }: Slot, slots: readonly Shared[]): Full {
  const found = slots.find((slot) => slot.key === key && slot.who === who);
  if (found === undefined) throw new Error(`no bound ${key}`);
  return found.full;
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
