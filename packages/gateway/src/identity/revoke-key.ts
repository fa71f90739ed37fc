import type { TenantId } from '../base/ids.ts';
import { failure, type Result, success } from '../base/result.ts';
import type { IdentityReason } from '../contracts/reasons/identity.ts';
import type { StorageReason } from '../contracts/reasons/storage.ts';
import type { ApiKey } from './api-key.ts';
import { type Asker, refuseAdministration } from './authority.ts';
import type { Room } from './room.ts';
import { isService } from './service-account.ts';

/** Ends a key: once this resolves, it is refused. Revoking twice is no error and changes nothing. `identity.key_unknown`, `role_required`. */
export async function revokeKey(
  room: Room,
  tenant: TenantId,
  id: string,
  by: Asker,
): Promise<Result<ApiKey, IdentityReason | StorageReason>> {
  const refusal = refuseAdministration(by, tenant);
  if (refusal !== null) return refusal;
  const revoked = await room.store.revoke(tenant, id, room.clock.now());
  // Also where the store failed: the outcome is unknown then, and asking it again is safe.
  room.cache.forget(id);
  if (!revoked.ok) return revoked;
  const key = await room.store.findById(tenant, id);
  if (!key.ok) return key;
  if (key.value === null) return failure('identity.key_unknown');
  // Service accounts live by their owners: whoever is remembered is looked up again.
  if (!isService(key.value)) room.cache.clear();
  return success(key.value);
}
