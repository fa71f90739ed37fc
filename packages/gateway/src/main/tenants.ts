import type { TenantKeeping } from '../admin/index.ts';
import type { TenantId } from '../base/ids.ts';
import { success } from '../base/result.ts';
import type { Applier } from './apply.ts';
import { recordFor } from './record-system.ts';
import type { Rooms } from './rooms.ts';

/** What the operator of the gateway does for its tenants. What concerns one of them is in its own log too, before it is done. */
export const tenantsOf = (rooms: Rooms, apply: Applier): TenantKeeping => ({
  list: () => rooms.identity.tenants(),
  async create(request, by) {
    const made = await rooms.identity.createTenant(request, by);
    if (!made.ok) return made;
    // Its first snapshot: without one nobody of it is let in.
    const applied = await apply({ author: by.id, cause: 'identity.tenant.created' }, made.value.id);
    return applied.ok ? made : applied;
  },
  async note(tenant, action, by) {
    const noted = await recordFor(tenant as TenantId, rooms, action, null, { by: by.id });
    return noted.ok ? success(null) : noted;
  },
});
