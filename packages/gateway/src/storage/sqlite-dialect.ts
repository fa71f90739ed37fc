import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { ConnectionQueue } from './connection-queue.ts';
import type { SqlValue } from './messages.ts';
import { refuseNul } from './refuse-nul.ts';
import type { WorkerChannel } from './worker-channel.ts';

/** kysely over the thread that owns SQLite. */
export function sqliteDialect(channel: WorkerChannel): Dialect {
  return {
    createDriver: () => new WorkerDriver(channel),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new SqliteAdapter(),
    createIntrospector: (database) => new SqliteIntrospector(database),
  };
}

class WorkerDriver implements Driver {
  readonly #channel: WorkerChannel;
  readonly #queue = new ConnectionQueue();
  readonly #connection: WorkerConnection;

  constructor(channel: WorkerChannel) {
    this.#channel = channel;
    this.#connection = new WorkerConnection(channel);
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    await this.#queue.acquire();
    return this.#connection;
  }

  async releaseConnection(): Promise<void> {
    this.#connection.inTransaction = false;
    this.#queue.release();
  }

  async beginTransaction(): Promise<void> {
    await this.#channel.send({ kind: 'begin' });
    this.#connection.inTransaction = true;
  }

  async commitTransaction(): Promise<void> {
    await this.#channel.send({ kind: 'commit' });
  }

  async rollbackTransaction(): Promise<void> {
    await this.#channel.send({ kind: 'rollback' });
  }

  async destroy(): Promise<void> {}
}

class WorkerConnection implements DatabaseConnection {
  readonly #channel: WorkerChannel;
  inTransaction = false;

  constructor(channel: WorkerChannel) {
    this.#channel = channel;
  }

  async executeQuery<R>(compiled: CompiledQuery): Promise<QueryResult<R>> {
    refuseNul(compiled.parameters);
    const parameters = compiled.parameters.map(toSqlValue);
    const answer = await this.#channel.send({ kind: 'query', sql: compiled.sql, parameters, inTransaction: this.inTransaction });
    const rows = answer.rows as R[];
    return answer.changes === null ? { rows } : { rows, numAffectedRows: BigInt(answer.changes) };
  }

  // biome-ignore lint/correctness/useYield: streaming is refused, and the interface asks for a generator.
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('the embedded store does not stream; page instead');
  }
}

function toSqlValue(value: unknown): SqlValue {
  // A small Buffer is a view of a pool that holds other secrets; a structured clone would copy the whole pool.
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  if (typeof value === 'number') return integerOrReal(value);
  if (value === null || typeof value === 'string' || typeof value === 'bigint') return value;
  throw new TypeError(`a ${typeof value} cannot be stored`);
}

// SQLite's driver binds every number as REAL, which a typeless column would keep: 1 would come back as 1.0 in text contexts.
const integerOrReal = (value: number): SqlValue => (Number.isSafeInteger(value) ? BigInt(value) : value);
