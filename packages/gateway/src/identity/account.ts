import { sha256 } from '../base/bytes.ts';
import type { PrincipalId, TenantId } from '../base/ids.ts';
import { failure, type Result, success } from '../base/result.ts';
import type { IdentityReason } from '../contracts/reasons/identity.ts';
import type { StorageReason } from '../contracts/reasons/storage.ts';
import { type AccountChange, type ApiKey, endOf } from './api-key.ts';
import { type CheckedRequest, checkRequest, type KeyRequest } from './key-request.ts';
import type { Room } from './room.ts';

/** What the configuration file says of who holds keys under a name: the file owns all of it but the keys' texts. */
export interface Account extends Omit<KeyRequest, 'expiresAt'> {
  /** Until when its keys work at most, wall time in milliseconds; null: as long as keys live. */
  readonly endsAt: number | null;
}

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Always the same for a name, so that grants and roles of the file can name it before it has a key, and again after it had none. */
export function accountPrincipal(tenant: TenantId, name: string): PrincipalId {
  const bytes = sha256(`account\n${tenant}\n${name}`).subarray(0, 26);
  return `prn_${Array.from(bytes, (byte) => ALPHABET[byte % 32]).join('')}` as PrincipalId;
}

/** The form of `Account` alone, with what is wrong with it. */
export const checkAccount = ({ endsAt, ...account }: Account): Result<CheckedRequest, IdentityReason> =>
  checkRequest({ ...account, ...(endsAt === null ? {} : { expiresAt: endsAt }) });

/** What of the keys that work differs from what the accounts say. Nothing is changed. */
export async function accountChanges(
  room: Room,
  tenant: TenantId,
  accounts: readonly Account[],
): Promise<Result<readonly AccountChange[], IdentityReason | StorageReason>> {
  const keys = await room.store.list(tenant);
  if (!keys.ok) return keys;
  const [settings, now] = [room.settings(), room.clock.now()];
  const live = keys.value.filter(
    (key) => key.account !== null && key.revokedAt === null && now <= endOf({ ...key, accountEndsAt: null }, settings),
  );
  const changes: AccountChange[] = [];
  for (const key of live) {
    const account = accounts.find(({ name }) => name === key.account);
    if (account === undefined) {
      changes.push({ key, next: null });
      continue;
    }
    const checked = checkAccount(account);
    if (!checked.ok) return failure(checked.reason, `${account.name}: ${checked.detail ?? ''}`);
    const next = { ...key, ...checked.value, accountEndsAt: account.endsAt };
    if (!isSame(key, next)) changes.push({ key, next });
  }
  return success(changes);
}

const told = ({ roles, scopes, methods, cidrs, owner, purpose, accountEndsAt }: ApiKey): string =>
  JSON.stringify([
    roles,
    scopes.map(({ server, tool, rules }) => [server, tool, rules ?? null]),
    methods,
    cidrs,
    owner,
    purpose,
    accountEndsAt,
  ]);
const isSame = (a: ApiKey, b: ApiKey): boolean => told(a) === told(b);
