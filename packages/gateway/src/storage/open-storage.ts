import { closeSync, lstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { Kysely, type Transaction } from 'kysely';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { type Failure, failure, type Result, success } from '../base/result.ts';
import type { StorageReason } from '../contracts/reasons/storage.ts';
import { checkPrivateFile, secureDirectory } from './data-directory.ts';
import { checkKey, type KeyCheck, syncDirectory, writeKeyCheck } from './key-check.ts';
import { checkFormat } from './migrate.ts';
import { sqliteDialect } from './sqlite-dialect.ts';
import type { Storage } from './storage.ts';
import { WorkerChannel } from './worker-channel.ts';

export interface StorageDeps {
  /** The data directory. Created with mode 0700 where it is missing. */
  readonly dir: string;
  /** 32 bytes. Copied; the caller overwrites its own copy when it is done. */
  readonly key: Buffer;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told once where the thread that owns the database ended by itself. It is not started again: see docs/decisions/a-lost-store-ends-the-process.md. */
  readonly onLost?: (why: string) => void;
}

interface Paths {
  readonly database: string;
  readonly keyCheck: string;
}

/**
 * Opens the encrypted SQLite store of a data directory and holds its lock until `close`.
 * `storage.data_in_use` another process has it; `storage.wrong_key`, `storage.damaged` and `storage.permissions` say in their detail how to
 * recover; `storage.newer_version` a newer Sallyport wrote it. Nothing that is there is overwritten on a failure.
 */
export async function openStorage(deps: StorageDeps): Promise<Result<Storage, StorageReason>> {
  const paths = { database: join(deps.dir, 'state.db'), keyCheck: join(deps.dir, 'state.key-check') };
  const prepared = prepare(deps, paths);
  if (!prepared.ok) return prepared;
  const channel = await WorkerChannel.open({ file: paths.database, key: Uint8Array.from(deps.key) }, deps);
  if (!(channel instanceof WorkerChannel)) return explain(channel.reason, channel.detail, prepared.value, paths);
  if (prepared.value === 'absent') writeKeyCheck(paths.keyCheck, deps.key);
  const storage = assemble(channel, deps.clock);
  const format = await checkFormat(storage);
  if (format.ok) return success(storage);
  await storage.close();
  return format;
}

function prepare({ dir, key }: StorageDeps, paths: Paths): Result<KeyCheck, StorageReason> {
  if (key.length !== 32) return failure('storage.wrong_key', 'the state key must have 32 bytes');
  const directory = secureDirectory(dir);
  if (!directory.ok) return directory;
  for (const file of [paths.database, paths.keyCheck, `${paths.database}-wal`]) {
    const access = checkPrivateFile(file);
    if (!access.ok) return access;
  }
  try {
    const check = checkKey(paths.keyCheck, key);
    return refuseLoss(check, paths) ?? createWhereMissing(dir, paths.database, check);
  } catch (error) {
    return failure('storage.unavailable', error instanceof Error ? error.message : String(error));
  }
}

// SQLite takes an empty file for a new database. Where one existed before, starting afresh would lose every key and pin in silence.
function refuseLoss(check: KeyCheck, { database, keyCheck }: Paths): Failure<StorageReason> | null {
  if (check === 'absent') return null;
  const size = lstatSync(database, { throwIfNoEntry: false })?.size ?? 0;
  if (size > 0) return null;
  const detail = `${database} is ${size === 0 ? 'missing or empty' : 'damaged'} although it was in use before. Restore it from a backup; to start afresh and lose all keys and pins, move ${keyCheck} away.`;
  return failure('storage.damaged', detail);
}

function createWhereMissing(dir: string, database: string, check: KeyCheck): Result<KeyCheck, StorageReason> {
  if (lstatSync(database, { throwIfNoEntry: false }) === undefined) {
    // SQLite would create it with the mode that the umask leaves; its WAL copies the mode of the database.
    closeSync(openSync(database, 'wx', 0o600));
    syncDirectory(dir);
  }
  return success(check);
}

function explain(reason: StorageReason, detail: string, check: KeyCheck, { database, keyCheck }: Paths): Failure<StorageReason> {
  const unreadable = reason === 'storage.damaged';
  if (unreadable && check === 'mismatch') {
    return failure(
      'storage.wrong_key',
      `${database} was made with another key. Put the key file that belongs to it back, or name the right data directory.`,
    );
  }
  if (unreadable && (check === 'absent' || check === 'damaged') && detail.includes('not a database')) {
    return failure(
      'storage.wrong_key',
      `${database} does not open with this key, and ${keyCheck} that would tell damage from a wrong key is ${check}.`,
    );
  }
  if (unreadable) {
    return failure(
      'storage.damaged',
      `${database} is damaged (${detail}). It was left as it is: move it away with its -wal file and restore both from a backup.`,
    );
  }
  if (reason === 'storage.data_in_use')
    return failure(reason, `another process uses ${database}. Stop it, or name another data directory.`);
  return failure(reason, detail);
}

function assemble(channel: WorkerChannel, clock: Clock): Storage {
  const database = new Kysely<unknown>({ dialect: sqliteDialect(channel) });
  const transact = <T, R>(work: (transaction: Transaction<T>) => Promise<R>) =>
    (database as unknown as Kysely<T>).transaction().execute(work);
  return {
    engine: 'sqlite',
    clock,
    postgres: null,
    migrated: [],
    get available() {
      return channel.available;
    },
    // The query layer is untyped underneath; each room states the tables that its own migrations made.
    queries: <T>() => database as unknown as Kysely<T>,
    transact,
    alter: transact,
    close: () => channel.close(),
  };
}
