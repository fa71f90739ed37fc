import type { Transaction } from 'kysely';
import type { KeyId, PrincipalId, TenantId } from '../base/ids.ts';
import type { Result } from '../base/result.ts';
import type { StorageReason } from '../contracts/reasons/storage.ts';
import { attempt, type Storage } from '../storage/index.ts';
import type { AccountChange, ApiKey } from './api-key.ts';

interface Row {
  readonly tenant: string;
  readonly id: string;
  readonly principal: string;
  readonly name: string;
  /** HMAC-SHA-256 of the key's text with the pepper, hex. */
  readonly mac: string;
  readonly pepper_id: string;
  /** JSON of roles, scopes, methods, cidrs and, where there is one, purpose. */
  readonly grants: string;
  readonly owner: string | null;
  readonly created_at: number;
  readonly created_by: string;
  readonly expires_at: number;
  readonly revoked_at: number | null;
  readonly replaced_by: string | null;
  readonly overlap_ends_at: number | null;
  readonly last_used_at: number | null;
  readonly warned_days: number | null;
  readonly disclosed_at: number | null;
  readonly account: string | null;
  readonly account_ends_at: number | null;
  /** 1 while the key is the one that its name means. */
  readonly holds_name: number;
}

interface Tables {
  readonly api_key: Row;
}

/** What is stored of a key's text. */
export interface KeyMac {
  /** Hex. */
  readonly mac: string;
  readonly pepperId: string;
}

export interface StoredKey {
  readonly key: ApiKey;
  readonly mac: string;
}

type Stored<T> = Promise<Result<T, StorageReason>>;

/** Most rows that a list gives. */
const MOST_KEYS = 10_000;

export interface KeyStore {
  findByMac(mac: string): Stored<StoredKey | null>;
  findById(tenant: TenantId, id: string): Stored<ApiKey | null>;
  /** Every key that the principal ever had. */
  ofPrincipal(tenant: TenantId, principal: string): Stored<readonly ApiKey[]>;
  /** By id, so by time of creation. */
  list(tenant: TenantId): Stored<readonly ApiKey[]>;
  /** Adds a key. `freed` are keys that no longer hold their names. `storage.conflict` where the name is taken. */
  add(key: ApiKey, mac: KeyMac, freed: readonly KeyId[]): Stored<null>;
  /** Adds `next` and marks `old` as replaced by it until `overlapEndsAt`; false where `old` was revoked or replaced meanwhile. */
  replace(old: ApiKey, next: ApiKey, mac: KeyMac, overlapEndsAt: number): Stored<boolean>;
  /** False where there is none, or it was revoked before. */
  revoke(tenant: TenantId, id: string, at: number): Stored<boolean>;
  /** Makes keys what their accounts say, within somebody's transaction; those whose account is gone are revoked. */
  putAccountsWithin(transaction: Transaction<unknown>, changes: readonly AccountChange[], at: number): Promise<void>;
  markUsed(uses: ReadonlyMap<KeyId, number>): Stored<null>;
  markWarned(warned: ReadonlyMap<KeyId, number>): Stored<null>;
  /** Keeps the first time; false where there was one. */
  markDisclosed(id: KeyId, at: number): Stored<boolean>;
}

type Transact = <T>(work: (transaction: Transaction<Tables>) => Promise<T>) => Stored<T>;

const update = (transaction: Transaction<Tables>, id: string) => transaction.updateTable('api_key').where('id', '=', id);

export function openKeyStore(storage: Storage): KeyStore {
  const queries = storage.queries<Tables>();
  const transact: Transact = (work) => attempt(() => storage.transact(work));
  return {
    findByMac: (mac) =>
      attempt(async () => {
        const row = await queries.selectFrom('api_key').selectAll().where('mac', '=', mac).executeTakeFirst();
        return row === undefined ? null : { key: keyOf(row), mac: row.mac };
      }),
    findById: (tenant, id) =>
      attempt(async () => {
        const row = await queries.selectFrom('api_key').selectAll().where('tenant', '=', tenant).where('id', '=', id).executeTakeFirst();
        return row === undefined ? null : keyOf(row);
      }),
    ofPrincipal: (tenant, principal) =>
      attempt(async () => {
        const rows = queries.selectFrom('api_key').selectAll().where('tenant', '=', tenant).where('principal', '=', principal);
        return (await rows.orderBy('id').execute()).map(keyOf);
      }),
    list: (tenant) =>
      attempt(async () => {
        const rows = await queries
          .selectFrom('api_key')
          .selectAll()
          .where('tenant', '=', tenant)
          .orderBy('id', 'desc')
          .limit(MOST_KEYS)
          .execute();
        return rows.map(keyOf).reverse();
      }),
    add: (key, mac, freed) =>
      transact(async (transaction) => {
        for (const id of freed) await update(transaction, id).set({ holds_name: 0 }).execute();
        await transaction.insertInto('api_key').values(rowOf(key, mac)).execute();
        return null;
      }),
    replace: (old, next, mac, overlapEndsAt) =>
      transact(async (transaction) => {
        const { numUpdatedRows } = await update(transaction, old.id)
          .where('revoked_at', 'is', null)
          .where('replaced_by', 'is', null)
          .set({ replaced_by: next.id, overlap_ends_at: overlapEndsAt, holds_name: 0 })
          .executeTakeFirst();
        if (numUpdatedRows === 0n) return false;
        await transaction.insertInto('api_key').values(rowOf(next, mac)).execute();
        return true;
      }),
    revoke: (tenant, id, at) =>
      transact(async (transaction) => {
        const live = update(transaction, id).where('tenant', '=', tenant).where('revoked_at', 'is', null);
        return (await live.set({ revoked_at: at, holds_name: 0 }).executeTakeFirst()).numUpdatedRows > 0n;
      }),
    putAccountsWithin,
    ...marks(transact),
  };
}

const putAccountsWithin: KeyStore['putAccountsWithin'] = async (transaction, changes, at) => {
  for (const { key, next } of changes) {
    const own = update(transaction as Transaction<Tables>, key.id).where('revoked_at', 'is', null);
    const values =
      next === null
        ? { revoked_at: at, holds_name: 0 }
        : { grants: grantsOf(next), owner: next.owner, account_ends_at: next.accountEndsAt };
    await own.set(values).execute();
  }
};

/** What is noted on keys that stay as they are. */
const marks = (transact: Transact): Pick<KeyStore, 'markUsed' | 'markWarned' | 'markDisclosed'> => ({
  markUsed: (uses) =>
    transact(async (transaction) => {
      for (const [id, at] of uses) await update(transaction, id).set({ last_used_at: at }).execute();
      return null;
    }),
  markWarned: (warned) =>
    transact(async (transaction) => {
      for (const [id, days] of warned) await update(transaction, id).set({ warned_days: days }).execute();
      return null;
    }),
  markDisclosed: (id, at) =>
    transact(async (transaction) => {
      const unmarked = update(transaction, id).where('disclosed_at', 'is', null);
      return (await unmarked.set({ disclosed_at: at }).executeTakeFirst()).numUpdatedRows > 0n;
    }),
});

const grantsOf = ({ roles, scopes, methods, cidrs, purpose }: ApiKey): string => JSON.stringify({ roles, scopes, methods, cidrs, purpose });

const rowOf = (key: ApiKey, { mac, pepperId }: KeyMac): Row => ({
  tenant: key.tenant,
  id: key.id,
  principal: key.principal,
  name: key.name,
  mac,
  pepper_id: pepperId,
  grants: grantsOf(key),
  owner: key.owner,
  created_at: key.createdAt,
  created_by: key.createdBy,
  expires_at: key.expiresAt,
  revoked_at: key.revokedAt,
  replaced_by: key.replacedBy,
  overlap_ends_at: key.overlapEndsAt,
  last_used_at: key.lastUsedAt,
  warned_days: key.warnedDays,
  disclosed_at: key.disclosedAt,
  account: key.account,
  account_ends_at: key.accountEndsAt,
  holds_name: 1,
});

function keyOf(row: Row): ApiKey {
  // Written by rowOf only, in a database whose pages are authenticated.
  const grants = JSON.parse(row.grants) as Pick<ApiKey, 'roles' | 'scopes' | 'methods' | 'cidrs'> & { readonly purpose?: string | null };
  return {
    ...grants,
    // Keys of before there were purposes have none.
    purpose: grants.purpose ?? null,
    tenant: row.tenant as TenantId,
    id: row.id as KeyId,
    principal: row.principal as PrincipalId,
    name: row.name,
    owner: row.owner,
    createdAt: row.created_at,
    createdBy: row.created_by,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    replacedBy: row.replaced_by as KeyId | null,
    overlapEndsAt: row.overlap_ends_at,
    lastUsedAt: row.last_used_at,
    warnedDays: row.warned_days,
    disclosedAt: row.disclosed_at,
    account: row.account,
    accountEndsAt: row.account_ends_at,
  };
}
