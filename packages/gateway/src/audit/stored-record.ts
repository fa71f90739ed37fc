import { decodePublicPart, type PublicPart } from '@sallyport/ledger';
import { failure, type Result, success } from '../base/result.ts';
import type { AuditReason } from '../contracts/reasons/audit.ts';
import type { Frame } from './frame.ts';
import type { BatchView } from './read-batch.ts';

/** A record as it is kept: everything that its receipt said, its public part, and its sealed payload. */
export interface StoredRecord {
  readonly log: string;
  readonly epoch: number;
  readonly index: number;
  /** Hex. */
  readonly leaf: string;
  readonly record: PublicPart;
  /** The sealed payload, or null where nothing was hidden. `openRecord` opens it. */
  readonly envelope: Uint8Array | null;
}

/** The record of a frame. `position` counts within its batch. */
export function storedRecord(log: string, batch: BatchView, frame: Frame, position: number): Result<StoredRecord, AuditReason> {
  const index = batch.header.firstIndex + position;
  const record = decodePublicPart(frame.publicPart);
  if (!record.ok) return failure('audit.journal_damaged', `journal ${log}, record ${index}: ${record.reason}`);
  return success({ log, epoch: batch.header.epoch, index, leaf: frame.leaf, record: record.value, envelope: frame.envelope });
}
