import type { TenantId } from '../base/ids.ts';
import { type Result, success } from '../base/result.ts';
import type { Role } from '../contracts/principal.ts';
import type { StorageReason } from '../contracts/reasons/storage.ts';
import { type ApiKey, isLive } from './api-key.ts';
import type { Room } from './room.ts';

/** Roles of people: they decide, read the log or administer, and no program holds them (R1-16). */
const PEOPLES: ReadonlySet<Role> = new Set<Role>(['approver', 'auditor', 'admin']);

export const isService = ({ roles }: Pick<ApiKey, 'roles'>): boolean => roles.includes('service');

/** The first role that a service account cannot hold, or null. */
export const forbiddenRole = (roles: readonly Role[]): Role | null =>
  roles.includes('service') ? (roles.find((role) => PEOPLES.has(role)) ?? null) : null;

/**
 * Whether somebody answers for a service account (R2-018). An owner that is named by a principal's id must have a key that works and be a person's; any other
 * text, such as a team's name, is taken as it stands.
 */
export async function hasOwner(room: Room, tenant: TenantId, owner: string | null): Promise<Result<boolean, StorageReason>> {
  if (owner === null || owner.trim() === '') return success(false);
  if (!/^prn_[0-9A-HJKMNP-TV-Z]{26}$/.test(owner)) return success(true);
  const keys = await room.store.ofPrincipal(tenant, owner);
  if (!keys.ok) return keys;
  const [settings, now] = [room.settings(), room.clock.now()];
  return success(keys.value.some((key) => isLive(key, settings, now) && !isService(key)));
}
