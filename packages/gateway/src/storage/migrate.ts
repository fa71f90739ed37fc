import type { Kysely, Transaction } from 'kysely';
import { type Failure, failure, type Result, success } from '../base/result.ts';
import type { StorageReason } from '../contracts/reasons/storage.ts';
import type { Storage } from './storage.ts';
import { asFailure } from './storage-error.ts';

/** One step of a room's tables. Steps are never edited once released; a new one is added. */
export interface Migration {
  /** `0001-what-it-does`. Sorted by it. */
  readonly id: string;
  up(database: Kysely<unknown>): Promise<void>;
}

interface MigrationTable {
  readonly schema_migration: { readonly room: string; readonly id: string; readonly applied_at: number };
}

/** The store's own layout: raised when the table of migrations itself changes. */
const FORMAT = 1;
const FORMAT_ROOM = 'storage';

/** Makes the table of migrations, and refuses a database whose layout is newer than this program. */
export async function checkFormat(storage: Storage): Promise<Result<null, StorageReason>> {
  try {
    return await storage.alter(ensureFormat);
  } catch (error) {
    return asFailure(error);
  }
}

/**
 * Applies what a room's tables lack, in one transaction, and tells how many steps that was.
 * `storage.newer_version`: the database holds steps that this program does not know.
 */
export async function migrate(storage: Storage, room: string, migrations: readonly Migration[]): Promise<Result<number, StorageReason>> {
  try {
    const applied = await storage.alter<MigrationTable, Result<number, StorageReason>>((transaction) =>
      applyMissing(transaction, room, migrations, storage.clock.now()),
    );
    if (applied.ok && applied.value > 0) storage.migrated.push({ room, steps: applied.value });
    return applied;
  } catch (error) {
    return asFailure(error);
  }
}

async function ensureFormat(transaction: Transaction<MigrationTable>): Promise<Result<null, StorageReason>> {
  await transaction.schema
    .createTable('schema_migration')
    .ifNotExists()
    .addColumn('room', 'text', (column) => column.notNull())
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('applied_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('schema_migration_key', ['room', 'id'])
    .execute();
  const applied = await appliedTo(transaction, FORMAT_ROOM);
  const newest = Math.max(0, ...applied.map(Number));
  if (newest > FORMAT) return newer(FORMAT_ROOM, String(newest));
  if (newest < FORMAT) await record(transaction, FORMAT_ROOM, String(FORMAT), 0);
  return success(null);
}

async function applyMissing(
  transaction: Transaction<MigrationTable>,
  room: string,
  migrations: readonly Migration[],
  now: number,
): Promise<Result<number, StorageReason>> {
  const sorted = [...migrations].sort((a, b) => (a.id < b.id ? -1 : 1));
  const applied = await appliedTo(transaction, room);
  const strange = applied.find((id, index) => sorted[index]?.id !== id);
  if (strange !== undefined) return newer(room, strange);
  const missing = sorted.slice(applied.length);
  for (const migration of missing) {
    await migration.up(transaction as unknown as Kysely<unknown>);
    await record(transaction, room, migration.id, now);
  }
  return success(missing.length);
}

async function appliedTo(transaction: Transaction<MigrationTable>, room: string): Promise<readonly string[]> {
  const rows = await transaction.selectFrom('schema_migration').select('id').where('room', '=', room).orderBy('id').execute();
  return rows.map(({ id }) => id);
}

async function record(transaction: Transaction<MigrationTable>, room: string, id: string, now: number): Promise<void> {
  await transaction.insertInto('schema_migration').values({ room, id, applied_at: now }).execute();
}

const newer = (room: string, id: string): Failure<StorageReason> =>
  failure(
    'storage.newer_version',
    `the tables of ${room} are at step "${id}", which this version does not know. Use the version that wrote them, or a later one.`,
  );
