import type { TenantId } from '../../base/ids.ts';
import { failure, type Result, success } from '../../base/result.ts';
import type { Reason } from '../../contracts/reasons/index.ts';
import type { AdminDoors } from '../doors.ts';

/** The id of a tenant that there is; the default one is not found this way. */
export async function findTenant({ tenants }: Pick<AdminDoors, 'tenants'>, id: string): Promise<Result<TenantId, Reason>> {
  const all = await tenants.list();
  if (!all.ok) return all;
  const found = all.value.find((tenant) => tenant.id === id);
  return found === undefined ? failure('admin.tenant_unknown', `no tenant ${id}`) : success(found.id);
}
