/** Bounds of the embedded store. Counts and milliseconds. */
export const STORAGE_LIMITS = {
  /** Callers that wait for the connection. */
  waiters: 2000,
  /** How long a caller waits for the connection: longer than any sound transaction holds it. */
  acquireMs: 10_000,
  /** How long one statement may take before its caller is told `storage.unavailable`. */
  statementMs: 10_000,
  openMs: 30_000,
  rows: 50_000,
  preparedStatements: 300,
} as const;

/** Bounds of PostgreSQL, for each gateway. Counts and milliseconds. */
export const POSTGRES_LIMITS = {
  /** Connections that are shared by everything but the journal's and the listener's own. */
  connections: 10,
  /** Callers that wait for a connection, and for how long they wait, or a connection may take to be made. */
  waiters: 2000,
  connectMs: 3000,
  /** The server gives a statement up after this, so that the caller hears why. */
  statementMs: 5000,
  /** When nothing was heard from the server, the connection is given up. */
  answerMs: 6000,
  /** Locks on rows and tables. */
  lockMs: 4000,
  idleInTransactionMs: 10_000,
  idleMs: 60_000,
  /** How long transactions that are in each other's way are run again. */
  againMs: 10_000,
  /** Changing tables may take long, and another gateway may be at it. */
  alterMs: 120_000,
  rows: 50_000,
} as const;
