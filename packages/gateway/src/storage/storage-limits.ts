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
