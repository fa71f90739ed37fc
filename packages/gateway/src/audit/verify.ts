import { leafOfPrefixed, type PublicPart } from '@sallyport/ledger';
import { sha256Hex } from '../base/bytes.ts';
import type { Damage } from './damage.ts';
import { findSegments } from './find-segments.ts';
import type { Frame } from './frame.ts';
import { type BatchView, framesOf } from './read-batch.ts';
import { type ScanDeps, scanLog } from './scan-log.ts';
import { type StoredRecord, storedRecord } from './stored-record.ts';

/** What a full reading of a log found. */
export interface Verification {
  readonly log: string;
  readonly segments: number;
  readonly batches: number;
  readonly records: number;
  /** Of records, without padding. */
  readonly bytes: number;
  /** Intents that have no outcome yet. */
  readonly openIntents: number;
  /** The first place where the log is not what was written, or null. */
  readonly damage: Damage | null;
}

interface Tally {
  batches: number;
  records: number;
  bytes: number;
  readonly open: Set<number>;
}

/** Called for every record whose leaf and payload hold, in order. The envelope is a view: copy what is kept. */
export type OnRecord = (record: StoredRecord) => void;

/** Reads every record again: checksums, order, leaves, and the digests of sealed payloads. Needs no key and changes nothing. */
export async function verifyLog(deps: ScanDeps, onRecord: OnRecord = () => undefined): Promise<Verification> {
  const tally: Tally = { batches: 0, records: 0, bytes: 0, open: new Set() };
  const found = await findSegments(deps.files, deps.directory, deps.log);
  if (!found.ok) return verification(deps.log, 0, tally, found.damage);
  const last = deps.until?.segment ?? Number.POSITIVE_INFINITY;
  const entries = found.value.filter((entry) => entry.number <= last);
  const scanned = await scanLog(deps, entries, (batch) => checkBatch(deps.log, batch, { tally, onRecord }));
  return verification(deps.log, entries.length, tally, scanned.ok ? null : scanned.damage);
}

function verification(log: string, segments: number, { batches, records, bytes, open }: Tally, damage: Damage | null): Verification {
  return { log, segments, batches, records, bytes, openIntents: open.size, damage };
}

interface Check {
  readonly tally: Tally;
  readonly onRecord: OnRecord;
}

function checkBatch(log: string, batch: BatchView, { tally, onRecord }: Check): string | null {
  for (const [position, frame] of (framesOf(batch) ?? []).entries()) {
    const stored = storedRecord(log, batch, frame, position);
    const problem = stored.ok ? checkRecord(stored.value, frame) : (stored.detail ?? stored.reason);
    if (problem !== null || !stored.ok) return `record ${batch.header.firstIndex + position}: ${problem}`;
    trackIntent(stored.value, tally.open);
    onRecord(stored.value);
  }
  tally.batches++;
  tally.records += batch.header.count;
  tally.bytes += batch.header.bytes;
  return null;
}

export function trackIntent({ index, record }: StoredRecord, open: Set<number>): void {
  if (record.kind === 'intent') open.add(index);
  if (record.kind === 'outcome' && record.intent !== undefined) open.delete(record.intent);
}

/** What is wrong with a record, or null: its leaf, its tenant, its payload. */
export function checkRecord({ log, record }: StoredRecord, frame: Frame): string | null {
  if (leafOfPrefixed(frame.prefixed) !== frame.leaf) return 'the leaf is not the hash of the record';
  if (record.tenant !== log) return 'the record belongs to another tenant';
  return checkEnvelope(frame.envelope, record);
}

function checkEnvelope(envelope: Buffer | null, { sealed }: PublicPart): string | null {
  if (sealed === undefined) return envelope === null ? null : 'a payload that the record does not commit to';
  if (envelope === null || envelope.length !== sealed.bytes) return 'the payload has another size than the record says';
  return sha256Hex(envelope) === sealed.digest ? null : 'the payload is not the one that the record commits to';
}
