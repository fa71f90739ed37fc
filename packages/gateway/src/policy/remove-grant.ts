import type { TenantId } from '../base/ids.ts';
import { failure, type Result, success } from '../base/result.ts';
import type { PolicyReason } from '../contracts/reasons/policy.ts';
import type { StorageReason } from '../contracts/reasons/storage.ts';
import type { GrantStore, StoredGrant } from './store.ts';

/** Takes a grant away, and returns what it was for the record. `policy.grant_unknown` also where it is another tenant's. */
export async function removeGrant(
  deps: { readonly store: GrantStore },
  tenant: TenantId,
  id: string,
): Promise<Result<StoredGrant, PolicyReason | StorageReason>> {
  const removed = await deps.store.remove(tenant, id);
  if (!removed.ok) return removed;
  return removed.value === null ? failure('policy.grant_unknown', `no grant ${id.slice(0, 64)}`) : success(removed.value);
}
