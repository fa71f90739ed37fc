import type { Transaction } from 'kysely';
import type { TenantId } from '../../base/ids.ts';
import { ulid } from '../../base/ids.ts';
import type { Result } from '../../base/result.ts';
import type { StorageReason } from '../../contracts/reasons/storage.ts';
import { attempt, type Storage } from '../../storage/index.ts';
import type { Version, VersionFacts } from './version.ts';

/** A version with the keyed digest of its hash, by which a row that somebody wrote into the database is told apart. */
export interface StoredVersion extends Version {
  /** HMAC-SHA-256, hex. */
  readonly mac: string;
}

/** A note that a verb is about to change something: what it names may differ from the newest version until the next one. */
export interface Touched {
  readonly id: string;
  readonly name: string;
  /** Hash of the newest version when the note was made. */
  readonly head: string;
  readonly mac: string;
}

interface VersionRow {
  readonly tenant: string;
  readonly sequence: number;
  readonly hash: string;
  readonly parent: string | null;
  readonly content: string;
  readonly author: string;
  readonly cause: string;
  readonly changes: string;
  readonly created_at: number;
  readonly mac: string;
}

interface Tables {
  readonly config_version: VersionRow;
  readonly config_touched: Touched & { readonly tenant: string };
}

type Stored<T> = Promise<Result<T, StorageReason>>;

export interface VersionStore {
  newest(tenant: TenantId): Stored<StoredVersion | null>;
  /** By its number, or by its hash. */
  find(tenant: TenantId, name: number | string): Stored<StoredVersion | null>;
  /** Newest first, without content. @param before only versions of a lower number; 0 begins with the newest. */
  list(tenant: TenantId, page: { readonly before: number; readonly limit: number }): Stored<readonly VersionFacts[]>;
  add(tenant: TenantId, version: StoredVersion): Stored<void>;
  /** The same inside a transaction of another room. */
  addWithin(transaction: Transaction<unknown>, tenant: TenantId, version: StoredVersion): Promise<void>;
  touch(tenant: TenantId, touched: Omit<Touched, 'id'>): Stored<string>;
  touched(tenant: TenantId): Stored<readonly Touched[]>;
  forget(tenant: TenantId, ids: readonly string[]): Stored<void>;
}

export function openVersionStore(storage: Storage): VersionStore {
  const queries = storage.queries<Tables>();
  const versions = (tenant: TenantId) => queries.selectFrom('config_version').where('tenant', '=', tenant);
  return {
    newest: (tenant) =>
      attempt(async () => {
        const row = await versions(tenant).selectAll().orderBy('sequence', 'desc').limit(1).executeTakeFirst();
        return row === undefined ? null : versionOf(row);
      }),
    find: (tenant, name) =>
      attempt(async () => {
        const all = versions(tenant).selectAll();
        const row = await (typeof name === 'number' ? all.where('sequence', '=', name) : all.where('hash', '=', name)).executeTakeFirst();
        return row === undefined ? null : versionOf(row);
      }),
    list: (tenant, { before, limit }) =>
      attempt(async () => {
        const all = versions(tenant).select(['sequence', 'hash', 'parent', 'author', 'cause', 'created_at']);
        const some = before > 0 ? all.where('sequence', '<', before) : all;
        return (await some.orderBy('sequence', 'desc').limit(limit).execute()).map(factsOf);
      }),
    add: (tenant, version) =>
      attempt(async () => {
        await queries.insertInto('config_version').values(rowOf(tenant, version)).execute();
      }),
    addWithin: async (transaction, tenant, version) => {
      await (transaction as unknown as Transaction<Tables>).insertInto('config_version').values(rowOf(tenant, version)).execute();
    },
    touch: (tenant, touched) =>
      attempt(async () => {
        const id = ulid(storage.clock.now());
        await queries
          .insertInto('config_touched')
          .values({ tenant, id, ...touched })
          .execute();
        return id;
      }),
    touched: (tenant) =>
      attempt(async () =>
        (await queries.selectFrom('config_touched').selectAll().where('tenant', '=', tenant).orderBy('id').execute()).map(
          ({ tenant: _tenant, ...touched }) => touched,
        ),
      ),
    forget: (tenant, ids) =>
      attempt(async () => {
        if (ids.length > 0)
          await queries
            .deleteFrom('config_touched')
            .where('tenant', '=', tenant)
            .where('id', 'in', [...ids])
            .execute();
      }),
  };
}

const rowOf = (tenant: TenantId, version: StoredVersion): VersionRow => ({
  tenant,
  sequence: version.sequence,
  hash: version.hash,
  parent: version.parent,
  content: JSON.stringify(version.content),
  author: version.author,
  cause: version.cause,
  changes: JSON.stringify(version.changes),
  created_at: version.createdAt,
  mac: version.mac,
});

const factsOf = (row: Omit<VersionRow, 'tenant' | 'content' | 'changes' | 'mac'>): VersionFacts => ({
  sequence: Number(row.sequence),
  hash: row.hash,
  parent: row.parent,
  author: row.author,
  cause: row.cause,
  createdAt: Number(row.created_at),
});

const versionOf = (row: VersionRow): StoredVersion => ({
  ...factsOf(row),
  content: JSON.parse(row.content),
  changes: JSON.parse(row.changes),
  mac: row.mac,
});
