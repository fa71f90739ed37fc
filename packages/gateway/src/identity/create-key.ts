import { type KeyId, type PrincipalId, type TenantId, ulid } from '../base/ids.ts';
import { failure, type Result, success } from '../base/result.ts';
import { SecretString } from '../base/secret-string.ts';
import type { IdentityReason } from '../contracts/reasons/identity.ts';
import type { StorageReason } from '../contracts/reasons/storage.ts';
import { type Account, accountPrincipal } from './account.ts';
import { type ApiKey, DAY_MS, isLive } from './api-key.ts';
import { type Asker, askerId, refuseAsker } from './authority.ts';
import { type CheckedRequest, checkRequest, type KeyRequest } from './key-request.ts';
import { KEY_BYTES, keyTextOf } from './key-text.ts';
import { macOf, type Room } from './room.ts';
import { hasOwner, isService } from './service-account.ts';

/** A key and its text, which is shown now and never again. */
export interface IssuedKey {
  readonly key: ApiKey;
  readonly text: SecretString;
}

/** Makes a key for a new principal. `identity.invalid_request`, `role_required`, `scope_too_broad`, `expiry_too_late`, `name_taken`. */
export async function createKey(
  room: Room,
  tenant: TenantId,
  request: KeyRequest,
  by: Asker,
  text = newKeyText(room),
): Promise<Result<IssuedKey, IdentityReason | StorageReason>> {
  return issue(room, tenant, { request, account: null }, by, text);
}

/** Makes a key of an account that the configuration file names. `identity.name_taken` where one of it works: that is rotated. */
export async function createAccountKey(
  room: Room,
  tenant: TenantId,
  { account, expiresAt }: { readonly account: Account; readonly expiresAt?: number },
  by: Asker,
): Promise<Result<IssuedKey, IdentityReason | StorageReason>> {
  const latest = room.clock.now() + room.settings().maxAgeDays * DAY_MS;
  const { endsAt, ...rest } = account;
  const request = { ...rest, expiresAt: Math.min(expiresAt ?? latest, endsAt ?? latest) };
  return issue(room, tenant, { request, account }, by, newKeyText(room));
}

async function issue(
  room: Room,
  tenant: TenantId,
  { request, account }: { readonly request: KeyRequest; readonly account: Account | null },
  by: Asker,
  text: SecretString,
): Promise<Result<IssuedKey, IdentityReason | StorageReason>> {
  const checked = checkRequest(request);
  if (!checked.ok) return checked;
  const refusal = await refuseAsker(room, by, tenant, checked.value);
  if (refusal !== null) return refusal;
  const now = room.clock.now();
  const expiresAt = expiryOf(room, request.expiresAt, now);
  if (!expiresAt.ok) return expiresAt;
  const owned = isService(checked.value) ? await hasOwner(room, tenant, checked.value.owner) : success(true);
  if (!owned.ok) return owned;
  if (!owned.value)
    return failure('identity.invalid_request', 'the owner of a service account is a person with a key that works, or a team');
  const key = newKey(tenant, checked.value, { createdAt: now, expiresAt: expiresAt.value }, by);
  const of =
    account === null ? {} : { account: account.name, accountEndsAt: account.endsAt, principal: accountPrincipal(tenant, account.name) };
  return store(room, { ...key, ...of }, text);
}

export const newKeyText = (room: Pick<Room, 'random'>): SecretString => new SecretString(keyTextOf(room.random(KEY_BYTES)));

export const newKeyId = (now: number): KeyId => `key_${ulid(now)}` as KeyId;

/** At most the age that the settings allow from `now` (R2-008), and not in the past. */
export function expiryOf({ settings }: Room, asked: number | undefined, now: number): Result<number, IdentityReason> {
  const { maxAgeDays } = settings();
  const latest = now + maxAgeDays * DAY_MS;
  const expiresAt = asked ?? latest;
  if (!Number.isSafeInteger(expiresAt) || expiresAt <= now)
    return failure('identity.invalid_request', 'the expiry is not a time in the future');
  return expiresAt > latest ? failure('identity.expiry_too_late', `keys live at most ${maxAgeDays} days`) : success(expiresAt);
}

type Life = Pick<ApiKey, 'createdAt' | 'expiresAt'>;

function newKey(tenant: TenantId, request: CheckedRequest, { createdAt, expiresAt }: Life, by: Asker): ApiKey {
  const id = newKeyId(createdAt);
  const principal = `prn_${ulid(createdAt)}` as PrincipalId;
  const unused = { revokedAt: null, replacedBy: null, overlapEndsAt: null, lastUsedAt: null, warnedDays: null, disclosedAt: null };
  const unowned = { account: null, accountEndsAt: null };
  return { ...request, ...unused, ...unowned, tenant, id, principal, createdAt, createdBy: askerId(by), expiresAt };
}

async function store(room: Room, key: ApiKey, text: SecretString): Promise<Result<IssuedKey, IdentityReason | StorageReason>> {
  const others = await room.store.list(key.tenant);
  if (!others.ok) return others;
  const [settings, now] = [room.settings(), room.clock.now()];
  const named = others.value.filter((other) => other.name === key.name);
  if (named.some((other) => isLive(other, settings, now))) return nameTaken(key.name);
  const freed = named.map(({ id }) => id);
  const added = await room.store.add(key, macOf(room, text.reveal()), freed);
  if (added.ok) return success({ key, text });
  return added.reason === 'storage.conflict' ? nameTaken(key.name) : added;
}

const nameTaken = (name: string) => failure('identity.name_taken', `a live key is called "${name}"`);
