import type { JournalEntry } from './journal.ts';
import type { AuditReason } from './reasons/audit.ts';

/** Is told what the journal does, so that what is counted is what was recorded. Called on the hot path: it counts and returns. */
export interface JournalMeter {
  /** A record was handed in, also a refusal that is folded into a count. */
  given(record: JournalEntry['record']): void;
  /** Records that became durable together. `ms`: what the write took. */
  committed(records: number, bytes: number, ms: number): void;
  /** Records that could not be made durable. */
  failed(records: number, reason: AuditReason): void;
}

/** What waits to become durable. */
export interface Backlog {
  readonly records: number;
  readonly bytes: number;
}
