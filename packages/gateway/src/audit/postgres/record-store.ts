import type { Querying } from '../../storage/index.ts';
import type { SealedRecord } from '../batch.ts';
import { frameBound, writeFrame } from '../frame.ts';

/** A record that is ready to be written, with the id of its exchange. */
export interface ReadyRecord extends SealedRecord {
  readonly id: string;
}

/** Records as one statement takes them: one buffer, and where each frame stands in it. */
export interface Insertion {
  readonly count: number;
  readonly leaves: readonly string[];
  readonly values: readonly unknown[];
}

/** A record as it stands in the table. */
export interface RecordRow {
  readonly index: number;
  readonly epoch: number;
  readonly frame: Buffer;
}

/** Who writes, and which of its batches this is. */
export interface BatchPlace {
  readonly log: string;
  readonly epoch: number;
  readonly sequence: number;
  /** No intent of this epoch that lies before it is open. */
  readonly oldestOpen: number;
}

/** What a page is bounded by. */
export interface PageBounds {
  readonly rows: number;
  readonly bytes: number;
}

export function insertionOf(records: readonly ReadyRecord[]): Insertion {
  const buffer = Buffer.allocUnsafe(records.reduce((sum, { text, envelope }) => sum + frameBound(text, envelope), 0));
  const leaves: string[] = [];
  const [starts, lengths]: [number[], number[]] = [[], []];
  let at = 0;
  for (const { text, envelope } of records) {
    const { leaf, end } = writeFrame(buffer, at, text, envelope);
    leaves.push(leaf);
    starts.push(at + 1);
    lengths.push(end - at);
    at = end;
  }
  const columns = [records.map(({ id }) => id), records.map(({ kind }) => kind), records.map(({ intent }) => intent ?? null)];
  return { count: records.length, leaves, values: [buffer.subarray(0, at), ...columns, records.map(({ time }) => time), starts, lengths] };
}

const placing = (first: number, from: string) => `insert into journal_record (log, index, epoch, id, kind, intent, time, frame)
  select $1, ${from}.first + r.n - 1, $2, r.id, r.kind, r.intent, r.time, substring($${first}::bytea from r.start for r.length)
  from ${from}, unnest($${first + 1}::text[], $${first + 2}::text[], $${first + 3}::bigint[], $${first + 4}::bigint[], $${first + 5}::int[], $${first + 6}::int[])
    with ordinality as r(id, kind, intent, time, start, length, n)`;

// One statement, so that a gateway that stops in the middle holds no lock: the server finishes it. The writer's row is the fence: it is changed
// only where the epoch has not ended and the batch is the next one, so a statement that is sent twice takes effect once. The log's row is the
// turn: who waits for it sees what its holder committed (PostgreSQL rechecks the row after the wait), so indexes have no gap and no duplicate.
const APPEND = `with alive as (
    update journal_writer set sequence = $3, oldest_open = $4
    where log = $1 and epoch = $2 and sequence = $3 - 1 and ended_index is null returning log
  ), head as (
    update journal_log set next_index = journal_log.next_index + $5 from alive where journal_log.log = alive.log
    returning journal_log.next_index - $5 as first
  ), placed as (${placing(6, 'head')})
  select first from head`;

/** Appends a batch. @returns the index of its first record, or null where the epoch has ended or the batch is not the next one. */
export async function appendBatch(database: Querying, place: BatchPlace, insertion: Insertion): Promise<number | null> {
  const values = [place.log, place.epoch, place.sequence, place.oldestOpen, insertion.count, ...insertion.values];
  const { rows } = await database.query<{ first: number }>({ name: 'journal-append', text: APPEND, values });
  return rows[0]?.first ?? null;
}

/** Puts records in their place. The caller holds the log's row. */
export async function insertRecords(
  transaction: Querying,
  place: { readonly log: string; readonly epoch: number; readonly first: number },
  insertion: Insertion,
): Promise<void> {
  const text = `with head as (select $3::bigint as first) ${placing(4, 'head')}`;
  await transaction.query({ text, values: [place.log, place.epoch, place.first, ...insertion.values] });
}

/** Indexes of the intents of an epoch that have no outcome. */
export async function findOpen(database: Querying, log: string, epoch: number, from: number): Promise<readonly number[]> {
  const text = `select index from journal_record where log = $1 and epoch = $2 and index >= $3 and kind = 'intent'
    except select intent from journal_record where log = $1 and index >= $3 and kind = 'outcome' order by 1`;
  return (await database.query<{ index: number }>({ text, values: [log, epoch, from] })).rows.map(({ index }) => index);
}

export async function readAt(database: Querying, log: string, indexes: readonly number[]): Promise<readonly RecordRow[]> {
  const text = 'select index, epoch, frame from journal_record where log = $1 and index = any($2::bigint[]) order by index';
  return (await database.query<RecordRow>({ text, values: [log, indexes] })).rows;
}

/** Records from an index on, in order: at least one where there is one, and no more than the bounds. */
export async function readForward(
  database: Querying,
  log: string,
  from: number,
  { rows, bytes }: PageBounds,
): Promise<readonly RecordRow[]> {
  const text = `select index, epoch, frame from (
      select index, epoch, frame, sum(octet_length(frame)) over (order by index) as upto
      from (select * from journal_record where log = $1 and index >= $2 order by index limit $3) as page
    ) as bounded where upto <= $4 or index = $2 order by index`;
  return (await database.query<RecordRow>({ name: 'journal-forward', text, values: [log, from, rows, bytes] })).rows;
}

/** What the table itself can be searched by. */
export interface RowFilter {
  readonly id: string | null;
  readonly kind: string | null;
  readonly since: number | null;
  readonly until: number | null;
}

/** A page of records below an index, newest first. It may be cut short by its bytes, never below one. */
export async function readBackward(
  database: Querying,
  place: { readonly log: string; readonly before: number },
  { id, kind, since, until }: RowFilter,
  { rows, bytes }: PageBounds,
): Promise<readonly RecordRow[]> {
  const text = `select index, epoch, frame from (
      select index, epoch, frame, sum(octet_length(frame)) over (order by index desc) as upto, row_number() over (order by index desc) as n
      from (select * from journal_record where log = $1 and index < $2 and ($3::text is null or id = $3) and ($4::text is null or kind = $4)
        and ($5::bigint is null or time >= $5) and ($6::bigint is null or time <= $6) order by index desc limit $7) as page
    ) as bounded where upto <= $8 or n = 1 order by index desc`;
  return (await database.query<RecordRow>({ text, values: [place.log, place.before, id, kind, since, until, rows, bytes] })).rows;
}
