import type { TenantId } from '../base/ids.ts';
import type { Result } from '../base/result.ts';
import type { StorageReason } from '../contracts/reasons/storage.ts';
import { attempt, type Storage } from '../storage/index.ts';

export interface Tenant {
  readonly id: TenantId;
  /** For people. */
  readonly title: string;
  /** Wall time in milliseconds. */
  readonly createdAt: number;
  /** The principal that made it. */
  readonly createdBy: string;
}

interface Row {
  readonly id: string;
  readonly title: string;
  readonly created_at: number;
  readonly created_by: string;
}

type Stored<T> = Promise<Result<T, StorageReason>>;

export interface TenantStore {
  /** Those beside the default one, by id. */
  list(): Stored<readonly Tenant[]>;
  /** `storage.conflict` where there is one of this id. */
  add(tenant: Tenant): Stored<null>;
}

export function openTenantStore(storage: Storage): TenantStore {
  const queries = storage.queries<{ readonly tenant: Row }>();
  return {
    list: () =>
      attempt(async () => {
        const rows = await queries.selectFrom('tenant').selectAll().orderBy('id').execute();
        return rows.map((row) => ({
          id: row.id as TenantId,
          title: row.title,
          createdAt: Number(row.created_at),
          createdBy: row.created_by,
        }));
      }),
    add: ({ id, title, createdAt, createdBy }) =>
      attempt(async () => {
        await queries.insertInto('tenant').values({ id, title, created_at: createdAt, created_by: createdBy }).execute();
        return null;
      }),
  };
}
