import { parentPort, workerData } from 'node:worker_threads';
import Database, { type Statement } from 'better-sqlite3-multiple-ciphers';
import type { Answer, Command, Opened, Reply, Request, SqlValue, WorkerInput } from './messages.ts';
import { reasonOf } from './sqlite-errors.ts';
import { STORAGE_LIMITS } from './storage-limits.ts';

// A commit of a hundred rows takes up to 5 ms at p99 (dependencies.md 3.1), so SQLite never runs on the main thread.

const EMPTY: Answer = { rows: [], changes: null };

function main(): void {
  const port = parentPort;
  if (port === null) throw new Error('the store runs in a worker thread only');
  const opened = open(workerData as WorkerInput);
  if (!(opened instanceof Database)) {
    port.postMessage(opened);
    return;
  }
  const statements = new Map<string, Statement>();
  port.on('message', (request: Request) => {
    port.postMessage(reply(opened, statements, request));
    if (request.command.kind === 'close') port.close();
  });
  port.postMessage({ opened: true } satisfies Opened);
}

function open(input: WorkerInput): Database | Opened {
  const key = Buffer.from(input.key.buffer, input.key.byteOffset, input.key.byteLength);
  try {
    return unlock(input.file, key);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { opened: false, reason: reasonOf(error) ?? 'storage.unavailable', detail };
  } finally {
    key.fill(0);
  }
}

function unlock(file: string, key: Buffer): Database {
  const database = new Database(file, { timeout: 0, fileMustExist: true });
  try {
    database.pragma("cipher='sqlcipher'");
    database.pragma('legacy=4'); // SQLCipher 4: AES-256-CBC with HMAC-SHA-512 a page.
    const literal = rawKey(key);
    database.key(literal);
    literal.fill(0);
    // Exclusive before the first read: the lock on the data directory (DESIGN section 2, point 7), and a WAL without shared memory.
    database.pragma('locking_mode=EXCLUSIVE');
    database.pragma('journal_mode=WAL');
    database.pragma('synchronous=FULL');
    database.pragma('foreign_keys=ON');
    database.pragma('trusted_schema=OFF');
    database.pragma('secure_delete=ON');
    database.pragma('temp_store=MEMORY'); // A temporary file would hold rows in the clear.
    checkIntegrity(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** `x'HEX'` as bytes: SQLCipher takes that as the key itself instead of a passphrase, and bytes can be overwritten, text cannot. */
function rawKey(key: Buffer): Buffer {
  const digits = Buffer.from('0123456789abcdef');
  const literal = Buffer.alloc(key.length * 2 + 3);
  literal.write("x'");
  key.forEach((byte, index) => {
    literal[2 + index * 2] = digits[byte >> 4] ?? 0;
    literal[3 + index * 2] = digits[byte & 15] ?? 0;
  });
  literal.write("'", literal.length - 1);
  return literal;
}

function checkIntegrity(database: Database): void {
  // An exclusive write lock now rather than at the first write: a second process must hear of it while it starts.
  database.exec('begin exclusive; commit');
  const verdict = database.pragma('quick_check(1)', { simple: true });
  if (verdict !== 'ok') throw Object.assign(new Error(String(verdict)), { code: 'SQLITE_CORRUPT' });
}

function reply(database: Database, statements: Map<string, Statement>, { id, command }: Request): Reply {
  try {
    return { id, ok: true, answer: execute(database, statements, command) };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { id, ok: false, reason: reasonOf(error), detail };
  }
}

function execute(database: Database, statements: Map<string, Statement>, command: Command): Answer {
  // A transaction whose owner is gone (its rollback came to nothing) must not swallow the next owner's writes.
  if (database.inTransaction && (command.kind === 'begin' || (command.kind === 'query' && !command.inTransaction)))
    database.exec('rollback');
  switch (command.kind) {
    case 'query':
      return query(prepare(database, statements, command.sql), command.parameters);
    case 'begin':
      database.exec('begin immediate');
      return EMPTY;
    case 'commit':
      database.exec('commit');
      return EMPTY;
    case 'rollback':
      if (database.inTransaction) database.exec('rollback');
      return EMPTY;
    case 'close':
      database.close();
      return EMPTY;
  }
}

function prepare(database: Database, statements: Map<string, Statement>, sql: string): Statement {
  const known = statements.get(sql);
  if (known !== undefined) return known;
  const oldest = statements.keys().next().value;
  if (statements.size >= STORAGE_LIMITS.preparedStatements && oldest !== undefined) statements.delete(oldest);
  const statement = database.prepare(sql).safeIntegers(true);
  statements.set(sql, statement);
  return statement;
}

function query(statement: Statement, parameters: readonly SqlValue[]): Answer {
  if (!statement.reader) return { rows: [], changes: Number(statement.run(parameters).changes) };
  const rows: Record<string, unknown>[] = [];
  for (const row of statement.iterate(parameters)) {
    if (rows.length >= STORAGE_LIMITS.rows) throw new Error(`a query returned more than ${STORAGE_LIMITS.rows} rows`);
    rows.push(narrow(row));
  }
  return { rows, changes: null };
}

/** Integers come as bigint, so that none is rounded; those that a number holds exactly become one. */
function narrow(row: Record<string, unknown>): Record<string, unknown> {
  for (const [column, value] of Object.entries(row)) {
    if (typeof value === 'bigint' && Number.isSafeInteger(Number(value))) row[column] = Number(value);
  }
  return row;
}

main();
