/** How the journal behaves. The defaults are what was measured (DESIGN section 8). */
export interface JournalSettings {
  /** Bytes of a segment, preallocated; a multiple of 512. It bounds one record with its sealed payload. */
  readonly segmentBytes: number;
  /** Bytes and records at which a batch closes at once. */
  readonly batchBytes: number;
  readonly batchRecords: number;
  /** Turns of the event loop that a batch may wait for more records while there are some. */
  readonly batchTurns: number;
  /** What may wait to become durable, before `audit.backlog_full`. */
  readonly backlogRecords: number;
  readonly backlogBytes: number;
  /** Newest bytes of a log that are checked whole when it is opened; `verify` checks all. */
  readonly checkAtOpenBytes: number;
}

export const JOURNAL_DEFAULTS: JournalSettings = {
  segmentBytes: 16 * 1024 * 1024,
  batchBytes: 1024 * 1024,
  batchRecords: 1024,
  batchTurns: 16,
  backlogRecords: 16_384,
  backlogBytes: 64 * 1024 * 1024,
  checkAtOpenBytes: 1024 * 1024 * 1024,
};
