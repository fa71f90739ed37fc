import { decodePublicPart } from '@sallyport/ledger';
import { failure, type Result, success } from '../../base/result.ts';
import type { AuditReason } from '../../contracts/reasons/audit.ts';
import { type Frame, readFrame } from '../frame.ts';
import type { StoredRecord } from '../stored-record.ts';
import type { RecordRow } from './record-store.ts';

/** What a page of records that is handed over or looked through is bounded by. */
export const PAGE = { rows: 500, bytes: 4 * 1024 * 1024 } as const;

export interface ReadRecord {
  readonly stored: StoredRecord;
  readonly frame: Frame;
}

export function readRecord(log: string, { index, epoch, frame: bytes }: RecordRow): Result<ReadRecord, AuditReason> {
  const frame = readFrame(bytes, 0, bytes.length);
  if (frame === null || frame.end !== bytes.length) return damaged(log, index, 'its parts do not fill it');
  const record = decodePublicPart(frame.publicPart);
  if (!record.ok) return damaged(log, index, record.reason);
  return success({ frame, stored: { log, epoch, index, leaf: frame.leaf, record: record.value, envelope: frame.envelope } });
}

export const damaged = (log: string, index: number, problem: string): Result<never, AuditReason> =>
  failure(
    'audit.journal_damaged',
    `journal ${log}, record ${index} of the table journal_record: ${problem}. Nothing was changed. To recover, restore the database from a backup.`,
  );
