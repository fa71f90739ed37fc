import type { Clock } from '../base/clock.ts';
import type { TenantId } from '../base/ids.ts';
import { type Result, success } from '../base/result.ts';
import type { PolicyReason } from '../contracts/reasons/policy.ts';
import type { StorageReason } from '../contracts/reasons/storage.ts';
import { migrate, type Storage } from '../storage/index.ts';
import { addGrant, type GrantRequest } from './add-grant.ts';
import { listGrants } from './list-grants.ts';
import { POLICY_MIGRATIONS } from './migrations/index.ts';
import { removeGrant } from './remove-grant.ts';
import { openGrantStore, type StoredGrant } from './store.ts';

/** The verbs of this room that change stored state. After each success the caller builds a new snapshot. */
export interface Grants {
  add(request: GrantRequest): Promise<Result<StoredGrant, PolicyReason | StorageReason>>;
  remove(tenant: TenantId, id: string): Promise<Result<StoredGrant, PolicyReason | StorageReason>>;
  list(tenant: TenantId): Promise<Result<readonly StoredGrant[], StorageReason>>;
}

/** Brings the tables up to date and opens the grants. */
export async function openGrants(deps: { readonly storage: Storage; readonly clock: Clock }): Promise<Result<Grants, StorageReason>> {
  const migrated = await migrate(deps.storage, 'policy', POLICY_MIGRATIONS);
  if (!migrated.ok) return migrated;
  const own = { store: openGrantStore(deps.storage), clock: deps.clock };
  return success({
    add: (request) => addGrant(own, request),
    remove: (tenant, id) => removeGrant(own, tenant, id),
    list: (tenant) => listGrants(own, tenant),
  });
}
