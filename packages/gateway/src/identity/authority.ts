import type { TenantId } from '../base/ids.ts';
import { type Failure, failure } from '../base/result.ts';
import type { Principal } from '../contracts/principal.ts';
import type { IdentityReason } from '../contracts/reasons/identity.ts';
import type { StorageReason } from '../contracts/reasons/storage.ts';
import { isWithinReach, type Reach } from './breadth.ts';
import type { Room } from './room.ts';

/** Who asks: a person by a key, or the program itself when it makes the keys that a data directory keeps. */
export type Asker = Principal | 'system';

export const askerId = (by: Asker): string => (by === 'system' ? 'system' : by.id);

/** Null where `by` may make or renew a key of this reach. The reach of the asker's key is read from the store, which knows its networks. */
export async function refuseAsker(
  room: Room,
  by: Asker,
  tenant: TenantId,
  reach: Reach,
): Promise<Failure<IdentityReason | StorageReason> | null> {
  if (by === 'system') return null;
  const administers = refuseAdministration(by, tenant);
  if (administers !== null) return administers;
  const own = await room.store.findById(tenant, by.credential.id);
  if (!own.ok) return own;
  if (own.value === null || own.value.revokedAt !== null) return failure('identity.credential_revoked');
  return isWithinReach(reach, own.value)
    ? null
    : failure('identity.scope_too_broad', 'a key can only make keys that reach no further than itself');
}

/** Null where `by` administers the tenant. */
export function refuseAdministration(by: Asker, tenant: TenantId): Failure<IdentityReason> | null {
  if (by === 'system' || (by.tenant === tenant && by.roles.includes('admin'))) return null;
  return failure('identity.role_required', 'the role admin');
}
