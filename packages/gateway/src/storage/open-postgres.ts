import { setTimeout as wait } from 'node:timers/promises';
import { Kysely, sql, type Transaction } from 'kysely';
import { random } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { failure, type Result, success } from '../base/result.ts';
import type { SecretString } from '../base/secret-string.ts';
import type { StorageReason } from '../contracts/reasons/storage.ts';
import { checkFormat } from './migrate.ts';
import type { Postgres } from './postgres.ts';
import { postgresDialect } from './postgres-dialect.ts';
import { type PostgresPlace, readPlace } from './postgres-place.ts';
import { PostgresPool } from './postgres-pool.ts';
import { openSession } from './postgres-session.ts';
import type { Storage } from './storage.ts';
import { asFailure, StorageError } from './storage-error.ts';
import { POSTGRES_LIMITS } from './storage-limits.ts';

export interface PostgresDeps {
  readonly url: SecretString;
  /** Shown in `pg_stat_activity`. */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Older ones end their support in 2026. */
const OLDEST = 150_000;

/**
 * Opens a store on PostgreSQL, which many gateways may have open. `storage.connection_invalid` the URL; `storage.permissions` the server lets us not
 * in; `storage.not_durable` it would lose what it acknowledged; `storage.newer_version` a newer Sallyport wrote it.
 */
export async function openPostgres(deps: PostgresDeps): Promise<Result<Storage, StorageReason>> {
  const place = readPlace(deps.url);
  if (!place.ok) return place;
  const pool = new PostgresPool(place.value, { ...deps, most: POSTGRES_LIMITS.connections });
  const storage = assemble(place.value, pool, deps);
  const ready = await checkServer(pool);
  const format = ready.ok ? await checkFormat(storage) : ready;
  if (format.ok) return success(storage);
  await storage.close();
  return format;
}

interface ServerFacts {
  readonly version: number;
  readonly encoding: string;
  readonly fsync: string;
  readonly commit: string;
  readonly standby: boolean;
}

const FACTS = `select current_setting('server_version_num')::int as version, current_setting('server_encoding') as encoding,
  current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit, pg_is_in_recovery() as standby`;

async function checkServer(pool: PostgresPool): Promise<Result<null, StorageReason>> {
  try {
    const { rows } = await pool.with((lent) => lent.query<ServerFacts>({ text: FACTS }));
    const [facts] = rows;
    return facts === undefined ? failure('storage.unavailable', 'PostgreSQL said nothing about itself') : judge(facts);
  } catch (error) {
    return asFailure(error);
  }
}

function judge({ version, encoding, fsync, commit, standby }: ServerFacts): Result<null, StorageReason> {
  if (version < OLDEST)
    return failure('storage.unavailable', `PostgreSQL ${Math.floor(version / 10_000)} is too old: 15 or later is needed`);
  if (encoding !== 'UTF8') return failure('storage.unavailable', `the database has the encoding ${encoding}: make one with encoding UTF8`);
  if (standby) return failure('storage.unavailable', 'the server is a standby and takes no writes: name the primary');
  if (fsync === 'on' && commit === 'on') return success(null);
  return failure(
    'storage.not_durable',
    `the server runs with ${fsync === 'on' ? `synchronous_commit = ${commit}` : 'fsync = off'}. Set it to on.`,
  );
}

function assemble(place: PostgresPlace, pool: PostgresPool, deps: PostgresDeps): Storage {
  const database = new Kysely<unknown>({ dialect: postgresDialect(pool) });
  const typed = <T>(): Kysely<T> => database as unknown as Kysely<T>;
  return {
    engine: 'postgres',
    clock: deps.clock,
    migrated: [],
    get available() {
      return pool.reachable;
    },
    postgres: serverOf(place, pool, deps),
    queries: typed,
    transact: <T, R>(work: (transaction: Transaction<T>) => Promise<R>) => again(() => typed<T>().transaction().execute(work)),
    alter: <T, R>(work: (transaction: Transaction<T>) => Promise<R>) =>
      typed<T>()
        .transaction()
        .setIsolationLevel('read committed')
        .execute(async (transaction) => {
          await sql.raw(`set local statement_timeout = ${POSTGRES_LIMITS.alterMs}`).execute(transaction);
          await sql.raw(`set local lock_timeout = ${POSTGRES_LIMITS.alterMs}`).execute(transaction);
          await sql`select pg_advisory_xact_lock(hashtextextended('sallyport:tables:' || current_schema(), 0))`.execute(transaction);
          return work(transaction);
        }),
    close: () => pool.close(),
  };
}

/** Runs a transaction until it is in nobody's way, or its time is over. */
async function again<R>(work: () => Promise<R>): Promise<R> {
  const deadline = performance.now() + POSTGRES_LIMITS.againMs;
  for (let pause = 1; ; pause = Math.min(2 * pause, 64)) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StorageError) || !error.again || performance.now() > deadline) throw error;
      // Apart, so that the same ones do not meet again.
      await wait((pause * (random(1)[0] ?? 0)) / 255);
    }
  }
}

const serverOf = (place: PostgresPlace, pool: PostgresPool, { name, log }: PostgresDeps): Postgres => ({
  query: (statement) => pool.query(statement),
  transact: (work) => pool.transact(work),
  apart: (purpose, most, { durable } = { durable: true }) => new PostgresPool(place, { name: `${name} ${purpose}`, log, most, durable }),
  session: (purpose) => openSession(place, `${name} ${purpose}`),
});
