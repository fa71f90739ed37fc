import type { Transaction } from 'kysely';
import type { Clock } from '../base/clock.ts';
import type { TenantId } from '../base/ids.ts';
import type { Logger } from '../base/log.ts';
import { type Result, success } from '../base/result.ts';
import type { Authenticator } from '../contracts/authenticator.ts';
import type { IdentityReason } from '../contracts/reasons/identity.ts';
import type { StorageReason } from '../contracts/reasons/storage.ts';
import type { Settings } from '../contracts/settings.ts';
import type { Mac } from '../contracts/vault.ts';
import { migrate, type Storage } from '../storage/index.ts';
import { type Account, accountChanges } from './account.ts';
import type { AccountChange, ApiKey } from './api-key.ts';
import type { Asker } from './authority.ts';
import { createAccountKey, createKey, type IssuedKey } from './create-key.ts';
import { createTenant, type TenantRequest } from './create-tenant.ts';
import { createAuthenticator } from './identify.ts';
import { ensureKeptKey, type KeptKey, type KeptKeySpec } from './kept-key.ts';
import type { KeyRequest } from './key-request.ts';
import { LastUse } from './last-use.ts';
import { type ListedKey, listKeys } from './list-keys.ts';
import { IDENTITY_MIGRATIONS } from './migrations/index.ts';
import { type KeyAge, reportAges, type Tell, takeWarnings } from './report-ages.ts';
import { revokeKey } from './revoke-key.ts';
import type { Room } from './room.ts';
import { type RotatedKey, type Rotation, rotateKey } from './rotate-key.ts';
import { openKeyStore } from './store.ts';
import { openTenantStore, type Tenant } from './tenant-store.ts';
import { VerdictCache } from './verdict-cache.ts';

export interface IdentityDeps {
  readonly storage: Storage;
  /** The pepper. */
  readonly mac: Mac;
  readonly clock: Clock;
  readonly random: (length: number) => Buffer;
  readonly settings: () => Settings['keys'];
  readonly log: Logger;
}

type Answer<T> = Promise<Result<T, IdentityReason | StorageReason>>;

/** API keys: who may be at the other end. Verbs return what happened; the caller records it. */
export interface Identity extends Authenticator {
  create(tenant: TenantId, request: KeyRequest, by: Asker): Answer<IssuedKey>;
  list(tenant: TenantId): Promise<Result<readonly ListedKey[], StorageReason>>;
  revoke(tenant: TenantId, id: string, by: Asker): Answer<ApiKey>;
  rotate(tenant: TenantId, id: string, by: Asker, rotation?: Rotation): Answer<RotatedKey>;
  /** See `createAccountKey`. */
  createOf(tenant: TenantId, asked: { readonly account: Account; readonly expiresAt?: number }, by: Asker): Answer<IssuedKey>;
  /** Keys that are not what these accounts say, or whose account is none of them. */
  accountChanges(tenant: TenantId, accounts: readonly Account[]): Answer<readonly AccountChange[]>;
  /** Makes them so; who calls it forgets the verdicts afterwards. */
  putAccountsWithin(transaction: Transaction<unknown>, changes: readonly AccountChange[]): Promise<void>;
  createTenant(request: TenantRequest, by: Asker): Answer<Tenant>;
  /** Those beside the default one. */
  tenants(): Promise<Result<readonly Tenant[], StorageReason>>;
  reportAges(tenant: TenantId): Promise<Result<readonly KeyAge[], StorageReason>>;
  takeWarnings(tenant: TenantId, tell?: Tell): Promise<Result<readonly KeyAge[], StorageReason>>;
  /** The key in a private file: the same on every start, rotated with overlap before it ends. */
  ensureKept(file: string, spec: KeptKeySpec): Answer<KeptKey>;
  /** Forgets all verdicts, as after a change of settings. */
  forgetVerdicts(): void;
  /** False: every key is looked up at every use, until it is true again. */
  trustVerdicts(on: boolean): void;
  /** Writes the last uses that are not written yet. */
  close(): Promise<void>;
}

const MOST_VERDICTS = 10_000;

export async function openIdentity(deps: IdentityDeps): Promise<Result<Identity, StorageReason>> {
  const migrated = await migrate(deps.storage, 'identity', IDENTITY_MIGRATIONS);
  if (!migrated.ok) return migrated;
  const store = openKeyStore(deps.storage);
  return success(
    identityOf({
      ...deps,
      store,
      tenants: openTenantStore(deps.storage),
      cache: new VerdictCache(MOST_VERDICTS),
      lastUse: new LastUse(store, deps.log),
    }),
  );
}

const identityOf = (room: Room): Identity => ({
  ...createAuthenticator(room),
  create: (tenant, request, by) => createKey(room, tenant, request, by),
  list: (tenant) => listKeys(room, tenant),
  revoke: (tenant, id, by) => revokeKey(room, tenant, id, by),
  rotate: (tenant, id, by, rotation) => rotateKey(room, tenant, id, by, rotation),
  createOf: (tenant, asked, by) => createAccountKey(room, tenant, asked, by),
  accountChanges: (tenant, accounts) => accountChanges(room, tenant, accounts),
  putAccountsWithin: (transaction, changes) => room.store.putAccountsWithin(transaction, changes, room.clock.now()),
  createTenant: (request, by) => createTenant(room, request, by),
  tenants: () => room.tenants.list(),
  reportAges: (tenant) => reportAges(room, tenant),
  takeWarnings: (tenant, tell) => takeWarnings(room, tenant, tell),
  ensureKept: (file, spec) => ensureKeptKey(room, file, spec),
  forgetVerdicts: () => room.cache.clear(),
  trustVerdicts: (on) => {
    room.cache.trusted = on;
  },
  close: () => room.lastUse.close(),
});
