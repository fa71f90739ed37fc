import type { TenantId } from '../base/ids.ts';
import type { Result } from '../base/result.ts';
import type { StorageReason } from '../contracts/reasons/storage.ts';
import type { GrantStore, StoredGrant } from './store.ts';

/** All grants of a tenant, oldest first: what the snapshot is built from, and what an auditor reads. */
export function listGrants(deps: { readonly store: GrantStore }, tenant: TenantId): Promise<Result<readonly StoredGrant[], StorageReason>> {
  return deps.store.list(tenant);
}
