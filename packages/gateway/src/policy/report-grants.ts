import type { TenantId } from '../base/ids.ts';
import { type Result, success } from '../base/result.ts';
import type { StorageReason } from '../contracts/reasons/storage.ts';
import type { GrantUse } from './grant-use.ts';
import type { GrantStore, StoredGrant } from './store.ts';

/** A grant that nobody needed for some time. */
export interface UnusedGrant extends StoredGrant {
  /** Whole days since it was last used, or since it was given where it never was. */
  readonly unusedDays: number;
}

const DAY_MS = 86_400_000;

/** Grants without a use for `days` days or more, the longest unused first: what could be taken away (R2-018). */
export async function reportGrants(
  deps: { readonly store: GrantStore; readonly use: GrantUse; readonly now: number },
  tenant: TenantId,
  days: number,
): Promise<Result<readonly UnusedGrant[], StorageReason>> {
  const grants = await listUsed(deps, tenant);
  if (!grants.ok) return grants;
  const aged = grants.value.map((grant) => ({ ...grant, unusedDays: Math.floor((deps.now - (grant.lastUsed ?? grant.created)) / DAY_MS) }));
  return success(aged.filter(({ unusedDays }) => unusedDays >= days).sort((a, b) => b.unusedDays - a.unusedDays));
}

/** All grants of a tenant, oldest first, with uses that are not written yet. */
export async function listUsed(
  { store, use }: { readonly store: GrantStore; readonly use: GrantUse },
  tenant: TenantId,
): Promise<Result<readonly StoredGrant[], StorageReason>> {
  const grants = await store.list(tenant);
  if (!grants.ok) return grants;
  return success(grants.value.map((grant) => ({ ...grant, lastUsed: latest(use.seen(grant.id), grant.lastUsed) })));
}

const latest = (a: number | null, b: number | null): number | null => (a === null || b === null ? (a ?? b) : Math.max(a, b));
