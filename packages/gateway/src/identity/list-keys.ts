import type { TenantId } from '../base/ids.ts';
import { type Result, success } from '../base/result.ts';
import type { StorageReason } from '../contracts/reasons/storage.ts';
import { type ApiKey, endOf } from './api-key.ts';
import type { Room } from './room.ts';

export type KeyState = 'live' | 'replaced' | 'revoked' | 'expired';

/** A key as lists show it: `endsAt` is when it stops working, whatever the reason. */
export interface ListedKey extends ApiKey {
  readonly state: KeyState;
  readonly endsAt: number;
}

/** All keys of a tenant by time of creation, the newest 10,000 at most; last uses that are not written yet included. */
export async function listKeys(room: Room, tenant: TenantId): Promise<Result<readonly ListedKey[], StorageReason>> {
  const keys = await room.store.list(tenant);
  if (!keys.ok) return keys;
  return success(keys.value.map((key) => listed(room, key)));
}

function listed(room: Room, key: ApiKey): ListedKey {
  const endsAt = endOf(key, room.settings());
  return { ...key, lastUsedAt: room.lastUse.pending(key.id) ?? key.lastUsedAt, endsAt, state: stateOf(key, endsAt, room.clock.now()) };
}

/** A replaced key works until its overlap ends. */
function stateOf(key: ApiKey, endsAt: number, now: number): KeyState {
  if (key.revokedAt !== null) return 'revoked';
  if (now > endsAt) return 'expired';
  return key.replacedBy === null ? 'live' : 'replaced';
}
