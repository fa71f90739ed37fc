import pg from 'pg';
import type { Logger } from '../base/log.ts';
import type { Connections, Querying, Rows, Statement } from './postgres.ts';
import { postgresError } from './postgres-errors.ts';
import type { PostgresPlace } from './postgres-place.ts';
import { refuseNul } from './refuse-nul.ts';
import { StorageError } from './storage-error.ts';
import { POSTGRES_LIMITS } from './storage-limits.ts';

const INT8 = 20;

/** Integers of 64 bits come as text: those that a number holds exactly become one. */
function readInteger(text: string): number | bigint {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : BigInt(text);
}

const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') => (oid === INT8 ? readInteger : pg.types.getTypeParser(oid, format)),
} as pg.CustomTypesConfig;

/** For every connection. What an operator's database or role sets otherwise is overridden: a commit is on disk when it is answered. */
const OPTIONS = [
  'default_transaction_isolation=read\\ committed',
  'standard_conforming_strings=on',
  'timezone=UTC',
  // A gateway whose machine went away must not hold its locks for two hours.
  'tcp_keepalives_idle=5',
  'tcp_keepalives_interval=5',
  'tcp_keepalives_count=3',
]
  .map((setting) => `-c ${setting}`)
  .join(' ');
const commit = (durable: boolean): string => ` -c synchronous_commit=${durable ? 'on' : 'off'}`;

/** What a connection is made with. */
export const connectionConfig = (place: PostgresPlace, name: string, durable = true): pg.ClientConfig => ({
  host: place.host,
  port: place.port,
  database: place.database,
  user: place.user,
  password: place.password?.reveal() ?? '',
  ssl: place.tls ?? false,
  application_name: name,
  connectionTimeoutMillis: POSTGRES_LIMITS.connectMs,
  statement_timeout: POSTGRES_LIMITS.statementMs,
  lock_timeout: POSTGRES_LIMITS.lockMs,
  idle_in_transaction_session_timeout: POSTGRES_LIMITS.idleInTransactionMs,
  keepAlive: true,
  options: OPTIONS + commit(durable),
  types,
});

/** Runs one statement on a connection, within its time. */
export async function runStatement<R>(client: pg.ClientBase, { text, values, name, within }: Statement): Promise<Rows<R>> {
  refuseNul(values ?? []);
  const limit = { query_timeout: within ?? POSTGRES_LIMITS.answerMs };
  try {
    const result = await client.query({ text, values: [...(values ?? [])], ...(name === undefined ? {} : { name }), ...limit });
    if (result.rows.length > POSTGRES_LIMITS.rows) throw new Error(`a query returned more than ${POSTGRES_LIMITS.rows} rows`);
    return { rows: result.rows as R[], changed: result.rowCount ?? 0 };
  } catch (error) {
    throw error instanceof pg.DatabaseError || !isOurs(error) ? postgresError(error) : error;
  }
}

const isOurs = (error: unknown): boolean =>
  error instanceof TypeError || (error instanceof Error && error.message.startsWith('a query returned'));

/** A connection that is lent. One on which anything was cut off or ran out of time is thrown away when it is given back. */
export class Lent implements Querying {
  readonly #client: pg.PoolClient;
  #sound = true;

  constructor(client: pg.PoolClient) {
    this.#client = client;
  }

  get sound(): boolean {
    return this.#sound;
  }

  async query<R>(statement: Statement): Promise<Rows<R>> {
    try {
      return await runStatement<R>(this.#client, statement);
    } catch (error) {
      if (!(error instanceof StorageError) || error.uncertain) this.#sound = false;
      throw error;
    }
  }

  release(): void {
    this.#client.release(!this.#sound);
  }
}

export interface PoolDeps {
  /** Shown in `pg_stat_activity`. */
  readonly name: string;
  /** Connections at most. */
  readonly most: number;
  readonly log: Logger;
  /** False: commits do not wait for the disk. */
  readonly durable?: boolean;
}

/** Connections to one server, bounded in number, waiters and time. */
export class PostgresPool implements Connections {
  readonly #pool: pg.Pool;
  #reachable = true;
  #closed = false;

  constructor(place: PostgresPlace, { name, log, most, durable }: PoolDeps) {
    this.#pool = new pg.Pool({
      ...connectionConfig(place, name, durable),
      max: most,
      idleTimeoutMillis: POSTGRES_LIMITS.idleMs,
    });
    // An idle connection that is cut: the next caller gets a new one.
    this.#pool.on('error', (error) => log.warn('storage.connection_lost', { why: error.message }));
    // One that is lent tells whoever waits for its answer. Without a listener the event would end the process.
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
  }

  /** False from a failed connection until the next one that works. */
  get reachable(): boolean {
    return this.#reachable && !this.#closed;
  }

  async lend(): Promise<Lent> {
    if (this.#closed) throw new StorageError('storage.unavailable', 'the store is closed');
    if (this.#pool.waitingCount >= POSTGRES_LIMITS.waiters)
      throw new StorageError('storage.unavailable', 'too many callers wait for the store');
    try {
      const lent = new Lent(await this.#pool.connect());
      this.#reachable = true;
      return lent;
    } catch (error) {
      this.#reachable = false;
      const mapped = postgresError(error);
      // Nothing was sent, so nothing is uncertain.
      throw mapped instanceof StorageError ? new StorageError(mapped.reason, mapped.message) : mapped;
    }
  }

  async with<R>(work: (lent: Lent) => Promise<R>): Promise<R> {
    const lent = await this.lend();
    try {
      return await work(lent);
    } finally {
      lent.release();
    }
  }

  query<R>(statement: Statement): Promise<Rows<R>> {
    return this.with((lent) => lent.query<R>(statement));
  }

  transact<R>(work: (transaction: Querying) => Promise<R>): Promise<R> {
    return this.with(async (lent) => {
      await lent.query({ text: 'begin isolation level read committed' });
      try {
        const result = await work(lent);
        await lent.query({ text: 'commit' });
        return result;
      } catch (error) {
        if (lent.sound) await lent.query({ text: 'rollback' });
        throw error;
      }
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#pool.end();
  }
}
