import { failure, type Result, success } from '../base/result.ts';
import type { StorageReason } from '../contracts/reasons/storage.ts';
import { fingerprint } from './key-check.ts';
import type { Storage } from './storage.ts';
import { attempt } from './storage-error.ts';

interface Tables {
  readonly storage_key: { readonly id: number; readonly fingerprint: string };
}

/** Whether gateways used this database before, so that there are keys that belong to it. */
export function hasSharedKey(storage: Storage): Promise<Result<boolean, StorageReason>> {
  return attempt(() =>
    storage.alter<Tables, boolean>(async (transaction) => {
      await transaction.schema
        .createTable('storage_key')
        .ifNotExists()
        .addColumn('id', 'integer', (column) => column.primaryKey())
        .addColumn('fingerprint', 'text', (column) => column.notNull())
        .execute();
      return (await transaction.selectFrom('storage_key').select('id').executeTakeFirst()) !== undefined;
    }),
  );
}

/**
 * Holds the keys of this gateway to those of the database: the first one's count, and every other gateway has the same file. A key made anew would
 * open nothing that the others sealed, and its keys for callers would be strange to them.
 */
export async function claimSharedKey(storage: Storage, key: Uint8Array, keyFile: string): Promise<Result<null, StorageReason>> {
  const own = fingerprint(key);
  const found = await attempt(async () => {
    const queries = storage.queries<Tables>();
    await queries
      .insertInto('storage_key')
      .values({ id: 1, fingerprint: own })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute();
    return (await queries.selectFrom('storage_key').select('fingerprint').executeTakeFirstOrThrow()).fingerprint;
  });
  if (!found.ok) return found;
  if (found.value === own) return success(null);
  const detail = `${keyFile} holds other keys than the gateways that use this database. Copy theirs there, or name another database.`;
  return failure('storage.wrong_key', detail);
}

/** One at a time over all gateways, each for a short while. The lock's name is part of the schema's. */
export async function inTurnOverAll<T>(storage: Storage, name: string, work: () => Promise<T>): Promise<T> {
  if (storage.postgres === null) return work();
  return storage.postgres.transact(async (transaction) => {
    const text = `select pg_advisory_xact_lock(hashtextextended('sallyport:turn:' || current_schema() || ':' || $1, 0))`;
    await transaction.query({ text, values: [name] });
    return work();
  });
}
