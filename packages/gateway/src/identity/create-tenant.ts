import { DEFAULT_TENANT, isTenantId } from '../base/ids.ts';
import { LIMITS } from '../base/limits.ts';
import { failure, type Result, success } from '../base/result.ts';
import type { IdentityReason } from '../contracts/reasons/identity.ts';
import type { StorageReason } from '../contracts/reasons/storage.ts';
import { type Asker, askerId, refuseAdministration } from './authority.ts';
import type { Room } from './room.ts';
import type { Tenant } from './tenant-store.ts';

export interface TenantRequest {
  readonly id: string;
  readonly title: string;
}

/** Makes a tenant, which has nothing and nobody yet. Only who administers the default tenant may. `identity.tenant_taken`, `identity.invalid_request`. */
export async function createTenant(
  { tenants, clock }: Room,
  { id, title }: TenantRequest,
  by: Asker,
): Promise<Result<Tenant, IdentityReason | StorageReason>> {
  const refusal = refuseAdministration(by, DEFAULT_TENANT);
  if (refusal !== null) return refusal;
  if (!isTenantId(id))
    return failure('identity.invalid_request', 'the id of a tenant is lower case words of letters and digits, joined by hyphens');
  const known = await tenants.list();
  if (!known.ok) return known;
  if (id === DEFAULT_TENANT || known.value.some((tenant) => tenant.id === id))
    return failure('identity.tenant_taken', `there is a tenant ${id}`);
  if (known.value.length >= LIMITS.tenants) return failure('identity.invalid_request', `at most ${LIMITS.tenants} tenants`);
  const tenant: Tenant = { id, title, createdAt: clock.now(), createdBy: askerId(by) };
  const added = await tenants.add(tenant);
  if (added.ok) return success(tenant);
  return added.reason === 'storage.conflict' ? failure('identity.tenant_taken', `there is a tenant ${id}`) : added;
}
