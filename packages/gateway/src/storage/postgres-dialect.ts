import {
  type ColumnDefinitionNode,
  type CompiledQuery,
  type DatabaseConnection,
  type DataTypeNode,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  type TransactionSettings,
} from 'kysely';
import type { Lent, PostgresPool } from './postgres-pool.ts';

/** kysely over our own pool: its errors are `StorageError`s, its transactions serializable, its texts in byte order. */
export function postgresDialect(pool: PostgresPool): Dialect {
  return {
    createDriver: () => new PoolDriver(pool),
    createQueryCompiler: () => new BytewiseCompiler(),
    createAdapter: () => new PostgresAdapter(),
    createIntrospector: (database) => new PostgresIntrospector(database),
  };
}

/** Whatever the database's locale is, texts are compared by their bytes, as SQLite does: lists have one order on both. */
class BytewiseCompiler extends PostgresQueryCompiler {
  #inColumn = false;

  protected override visitColumnDefinition(node: ColumnDefinitionNode): void {
    this.#inColumn = true;
    super.visitColumnDefinition(node);
  }

  protected override visitDataType(node: DataTypeNode): void {
    super.visitDataType(node);
    if (this.#inColumn && node.dataType === 'text') this.append(' collate "C"');
    this.#inColumn = false;
  }
}

class PoolDriver implements Driver {
  readonly #pool: PostgresPool;

  constructor(pool: PostgresPool) {
    this.#pool = pool;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<PoolConnection> {
    return new PoolConnection(await this.#pool.lend());
  }

  async releaseConnection(connection: PoolConnection): Promise<void> {
    connection.lent.release();
  }

  async beginTransaction({ lent }: PoolConnection, { isolationLevel = 'serializable' }: TransactionSettings): Promise<void> {
    await lent.query({ text: `begin isolation level ${isolationLevel}` });
  }

  async commitTransaction({ lent }: PoolConnection): Promise<void> {
    await lent.query({ text: 'commit' });
  }

  // A connection that is thrown away is rolled back by the server.
  async rollbackTransaction({ lent }: PoolConnection): Promise<void> {
    if (lent.sound) await lent.query({ text: 'rollback' });
  }

  async destroy(): Promise<void> {}
}

class PoolConnection implements DatabaseConnection {
  readonly lent: Lent;

  constructor(lent: Lent) {
    this.lent = lent;
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const { rows, changed } = await this.lent.query<R>({ text: sql, values: parameters });
    return { rows: [...rows], numAffectedRows: BigInt(changed) };
  }

  // biome-ignore lint/correctness/useYield: streaming is refused, and the interface asks for a generator.
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('the store does not stream; page instead');
  }
}
