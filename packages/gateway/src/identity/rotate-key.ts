import type { TenantId } from '../base/ids.ts';
import { failure, type Result, success } from '../base/result.ts';
import type { IdentityReason } from '../contracts/reasons/identity.ts';
import type { StorageReason } from '../contracts/reasons/storage.ts';
import { type ApiKey, endOf } from './api-key.ts';
import { type Asker, askerId, refuseAsker } from './authority.ts';
import { expiryOf, type IssuedKey, newKeyId, newKeyText } from './create-key.ts';
import { macOf, type Room } from './room.ts';

const HOUR_MS = 3_600_000;
export const OVERLAP_MS = 24 * HOUR_MS;
export const MOST_OVERLAP_MS = 72 * HOUR_MS;

export interface RotatedKey extends IssuedKey {
  /** The key that was replaced. It works until `overlapEndsAt`, or its own end where that comes first. */
  readonly old: ApiKey;
}

export interface Rotation {
  /** 0 to 72 hours; absent: 24. */
  readonly overlapMs?: number;
}

/**
 * Gives the key's principal a new key of the same reach. `identity.key_unknown`, `credential_revoked`, `credential_expired`, `invalid_request`
 * (replaced already, or an overlap out of bounds), `role_required`, `scope_too_broad`.
 */
export async function rotateKey(
  room: Room,
  tenant: TenantId,
  id: string,
  by: Asker,
  { overlapMs = OVERLAP_MS }: Rotation = {},
  text = newKeyText(room),
): Promise<Result<RotatedKey, IdentityReason | StorageReason>> {
  if (!Number.isSafeInteger(overlapMs) || overlapMs < 0 || overlapMs > MOST_OVERLAP_MS) {
    return failure('identity.invalid_request', 'an overlap has 0 to 72 hours');
  }
  const old = await usableKey(room, tenant, id);
  if (!old.ok) return old;
  const refusal = await refuseAsker(room, by, tenant, old.value);
  return refusal ?? replaceKey(room, old.value, by, overlapMs, text);
}

async function usableKey(room: Room, tenant: TenantId, id: string): Promise<Result<ApiKey, IdentityReason | StorageReason>> {
  const found = await room.store.findById(tenant, id);
  if (!found.ok) return found;
  const key = found.value;
  if (key === null) return failure('identity.key_unknown');
  if (key.revokedAt !== null) return failure('identity.credential_revoked');
  if (key.replacedBy !== null) return failure('identity.invalid_request', `it was replaced by ${key.replacedBy} already`);
  return room.clock.now() > endOf(key, room.settings()) ? failure('identity.credential_expired') : success(key);
}

/** Puts a new key in place of `old`, whose state the caller has judged. */
export async function replaceKey(
  room: Room,
  old: ApiKey,
  by: Asker,
  overlapMs: number,
  text: IssuedKey['text'],
): Promise<Result<RotatedKey, IdentityReason | StorageReason>> {
  const now = room.clock.now();
  const expiresAt = expiryOf(room, undefined, now);
  if (!expiresAt.ok) return expiresAt;
  const created = { id: newKeyId(now), createdAt: now, createdBy: askerId(by), expiresAt: expiresAt.value };
  const next: ApiKey = { ...old, ...created, lastUsedAt: null, warnedDays: null, disclosedAt: null };
  const overlapEndsAt = now + overlapMs;
  const replaced = await room.store.replace(old, next, macOf(room, text.reveal()), overlapEndsAt);
  room.cache.forget(old.id);
  if (!replaced.ok) return replaced;
  if (!replaced.value) return failure('identity.invalid_request', 'it was revoked or replaced meanwhile');
  return success({ key: next, text, old: { ...old, replacedBy: next.id, overlapEndsAt } });
}
