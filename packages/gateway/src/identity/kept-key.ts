import type { TenantId } from '../base/ids.ts';
import { failure, type Result, success } from '../base/result.ts';
import { SecretString } from '../base/secret-string.ts';
import type { IdentityReason } from '../contracts/reasons/identity.ts';
import type { StorageReason } from '../contracts/reasons/storage.ts';
import { type ApiKey, DAY_MS, endOf, isLive } from './api-key.ts';
import { createKey, type IssuedKey, newKeyText } from './create-key.ts';
import { moveKept, readKept, removeKept, writeKept } from './kept-file.ts';
import type { KeyRequest } from './key-request.ts';
import { isKeyText } from './key-text.ts';
import { macOf, type Room } from './room.ts';
import { MOST_OVERLAP_MS, replaceKey } from './rotate-key.ts';

// A key that a data directory keeps for its owner, so that configuration pasted into a client works on the second start (DESIGN section 5).
// A new text is written to FILE.next before the store hears of it and moved to FILE after: wherever a crash falls, the next start finds
// either a draft that the store does not know (removed) or one that it does (moved).

export interface KeptKeySpec extends KeyRequest {
  readonly tenant: TenantId;
}

export interface KeptKey extends IssuedKey {
  /** Whether this start found it, made it, or put it in place of the one before. */
  readonly how: 'kept' | 'created' | 'rotated';
}

type Answer<T> = Promise<Result<T, IdentityReason | StorageReason>>;

/** A start this long before the end renews the key. */
const RENEW_MS = 7 * DAY_MS;

/**
 * The key that `file` keeps. `identity.kept_key_damaged`: the file holds no key of this data directory; it is left as it is and the detail says
 * how to recover. `identity.kept_key_permissions`: others can reach it. `identity.credential_revoked`: somebody ended it on purpose.
 */
export async function ensureKeptKey(room: Room, file: string, spec: KeptKeySpec): Answer<KeptKey> {
  const settled = await settleDraft(room, file);
  if (!settled.ok) return settled;
  const text = readKept(file);
  if (!text.ok) return text;
  if (text.value === null) return issue(room, file, spec);
  const key = await knownKey(room, file, text.value);
  return key.ok ? keepOrRenew(room, file, spec, key.value, new SecretString(text.value)) : key;
}

const draftOf = (file: string): string => `${file}.next`;

async function settleDraft(room: Room, file: string): Answer<null> {
  const draft = readKept(draftOf(file));
  if (!draft.ok) return draft;
  if (draft.value === null) return success(null);
  const known = isKeyText(draft.value) ? await room.store.findByMac(macOf(room, draft.value).mac) : success(null);
  if (!known.ok) return known;
  return known.value === null ? removeKept(draftOf(file)) : moveKept(draftOf(file), file);
}

async function knownKey(room: Room, file: string, text: string): Answer<ApiKey> {
  const recover = `It was left as it is. Put your copy back, or remove the file and start again: a new key will be made.`;
  if (!isKeyText(text)) return failure('identity.kept_key_damaged', `${file} does not hold a whole key. ${recover}`);
  const found = await room.store.findByMac(macOf(room, text).mac);
  if (!found.ok) return found;
  if (found.value === null)
    return failure('identity.kept_key_damaged', `${file} holds a key that this data directory does not know. ${recover}`);
  const { key } = found.value;
  return key.revokedAt === null
    ? success(key)
    : failure('identity.credential_revoked', `the key in ${file} was revoked. Remove the file to have a new one made.`);
}

async function keepOrRenew(room: Room, file: string, spec: KeptKeySpec, key: ApiKey, text: SecretString): Answer<KeptKey> {
  const [now, settings] = [room.clock.now(), room.settings()];
  if (key.replacedBy !== null) return issue(room, file, spec);
  // Where keys live shorter than the notice, half of their life has to do.
  const notice = Math.min(RENEW_MS, (settings.maxAgeDays * DAY_MS) / 2);
  if (isLive(key, settings, now) && endOf(key, settings) - now > notice) return success({ key, text, how: 'kept' });
  return withDraft(room, file, (next) => replaceKey(room, key, 'system', MOST_OVERLAP_MS, next), 'rotated');
}

/** A new key; or, where a key of that name lives (its file was removed, or it was rotated by hand), the next one of the same principal. */
async function issue(room: Room, file: string, spec: KeptKeySpec): Answer<KeptKey> {
  const { tenant, ...request } = spec;
  const keys = await room.store.list(tenant);
  if (!keys.ok) return keys;
  const own = keys.value.find(
    (key) => key.name === spec.name && key.createdBy === 'system' && isLive(key, room.settings(), room.clock.now()),
  );
  if (own === undefined) return withDraft(room, file, (text) => createKey(room, tenant, request, 'system', text), 'created');
  return withDraft(room, file, (text) => replaceKey(room, own, 'system', MOST_OVERLAP_MS, text), 'rotated');
}

async function withDraft(room: Room, file: string, store: (text: SecretString) => Answer<IssuedKey>, how: KeptKey['how']): Answer<KeptKey> {
  const text = newKeyText(room);
  const drafted = writeKept(draftOf(file), text.reveal());
  if (!drafted.ok) return drafted;
  const issued = await store(text);
  if (!issued.ok) return issued;
  const moved = moveKept(draftOf(file), file);
  return moved.ok ? success({ key: issued.value.key, text, how }) : moved;
}
