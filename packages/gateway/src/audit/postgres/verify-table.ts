import type { Querying } from '../../storage/index.ts';
import type { Damage } from '../damage.ts';
import { checkRecord, type OnRecord, trackIntent, type Verification } from '../verify.ts';
import { PAGE, readRecord } from './read-record.ts';
import { type RecordRow, readForward } from './record-store.ts';
import { listEpochs, readHead } from './writer-store.ts';

interface Check {
  readonly epochs: Awaited<ReturnType<typeof listEpochs>>;
  readonly open: Set<number>;
  readonly onRecord: OnRecord;
}

/** Reads every record again: their order, their epochs, leaves, and the digests of sealed payloads. Needs no key and changes nothing. */
export async function verifyTable(database: Querying, log: string, onRecord: OnRecord = () => undefined): Promise<Verification> {
  const end = (await readHead(database, log))?.next_index ?? 0;
  const epochs = await listEpochs(database, log);
  const tally = { records: 0, bytes: 0, open: new Set<number>() };
  let damage: Damage | null = null;
  while (damage === null && tally.records < end) {
    const rows = (await readForward(database, log, tally.records, PAGE)).filter(({ index }) => index < end);
    if (rows.length === 0) damage = damageAt(log, tally.records, 'the record is missing');
    for (const row of rows) {
      const problem = row.index === tally.records ? checkRow(log, row, { epochs, open: tally.open, onRecord }) : 'the record is missing';
      if (problem !== null) {
        damage = damageAt(log, tally.records, problem);
        break;
      }
      tally.records++;
      tally.bytes += row.frame.length;
    }
  }
  return { log, segments: 0, batches: 0, records: tally.records, bytes: tally.bytes, openIntents: tally.open.size, damage };
}

// A record of an epoch that had ended before it, or had not begun, was not put there by its writer.
function checkRow(log: string, row: RecordRow, { epochs, open, onRecord }: Check): string | null {
  const epoch = epochs.find((one) => one.epoch === row.epoch);
  if (epoch === undefined) return `its epoch ${row.epoch} was never opened`;
  if (row.index < epoch.opened_index) return `its epoch ${row.epoch} had not begun`;
  if (epoch.ended_index !== null && row.index >= epoch.ended_index) return `its epoch ${row.epoch} had ended`;
  const record = readRecord(log, row);
  if (!record.ok) return record.detail ?? record.reason;
  const problem = checkRecord(record.value.stored, record.value.frame);
  if (problem !== null) return problem;
  trackIntent(record.value.stored, open);
  onRecord(record.value.stored);
  return null;
}

const damageAt = (log: string, index: number, problem: string): Damage => ({ log, segment: 'journal_record', offset: 0, index, problem });
