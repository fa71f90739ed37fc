import type { KeyId, PrincipalId, TenantId } from '../base/ids.ts';
import type { Principal, Role, Scope } from '../contracts/principal.ts';
import type { Settings } from '../contracts/settings.ts';

/** A key as it is stored, without its text: that is shown once and kept nowhere. Times are wall time in milliseconds. */
export interface ApiKey {
  readonly tenant: TenantId;
  readonly id: KeyId;
  /** Rotation gives a new key to the same principal. */
  readonly principal: PrincipalId;
  /** For people; unique among the live keys of a tenant. */
  readonly name: string;
  readonly roles: readonly Role[];
  readonly scopes: readonly Scope[];
  /** Null is all that the roles permit. */
  readonly methods: readonly string[] | null;
  /** Networks that the key may be used from; null is anywhere. */
  readonly cidrs: readonly string[] | null;
  /** Who answers for a service. */
  readonly owner: string | null;
  /** What it was issued for, for policies; null: nothing in particular. Its successors have the same. */
  readonly purpose: string | null;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly expiresAt: number;
  readonly revokedAt: number | null;
  readonly replacedBy: KeyId | null;
  /** Until when a replaced key still works. */
  readonly overlapEndsAt: number | null;
  /** Kept to the minute. */
  readonly lastUsedAt: number | null;
  /** The smallest of 7, 3, 1 days for which a warning was taken. */
  readonly warnedDays: number | null;
  /** When it was first seen where others can read it; null: never. Such a key has to be replaced. */
  readonly disclosedAt: number | null;
  /** The account of the configuration file that it is of, which says what it may; null: whoever made it said so. */
  readonly account: string | null;
  /** When that account ends; null: it does not. */
  readonly accountEndsAt: number | null;
}

/** A key of an account that is to be as the file says it; `next` null: the file does not name the account any more. */
export interface AccountChange {
  readonly key: ApiKey;
  readonly next: ApiKey | null;
}

export const DAY_MS = 86_400_000;

/** When a key stops working: its expiry, the end of its overlap, the end of its account, or the age that the settings allow now, whichever comes first. */
export function endOf(key: ApiKey, settings: Settings['keys']): number {
  const others = [key.overlapEndsAt, key.accountEndsAt].filter((end) => end !== null);
  return Math.min(key.expiresAt, key.createdAt + settings.maxAgeDays * DAY_MS, ...others);
}

/** Not revoked, not replaced, not over. Only such a key keeps its name. */
export const isLive = (key: ApiKey, settings: Settings['keys'], now: number): boolean =>
  key.revokedAt === null && key.replacedBy === null && now <= endOf(key, settings);

export const principalOf = (key: ApiKey, settings: Settings['keys']): Principal => ({
  tenant: key.tenant,
  id: key.principal,
  name: key.name,
  roles: key.roles,
  scopes: key.scopes,
  credential: {
    kind: 'api_key',
    id: key.id,
    expiresAt: endOf(key, settings),
    methods: key.methods,
    ...(key.purpose === null ? {} : { purpose: key.purpose }),
  },
});
