import { join } from 'node:path';
import type { RecordKind } from '@sallyport/ledger';
import { ulidTime } from '../base/ids.ts';
import { failure, type Result, success } from '../base/result.ts';
import type { AuditReason } from '../contracts/reasons/audit.ts';
import { FLAG, paddedBytes, type ReadHeader } from './batch-header.ts';
import { damageAt, describeDamage } from './damage.ts';
import type { Frame } from './frame.ts';
import type { JournalFiles } from './journal-files.ts';
import type { OpenLog } from './open-log.ts';
import { framesOf, readBatch, readHeaderAt, SegmentReader } from './read-batch.ts';
import { segmentName } from './segment.ts';
import { FIRST_BATCH, type SegmentEntry } from './segments.ts';
import { type StoredRecord, storedRecord } from './stored-record.ts';

/** What to look for. Fields that are absent restrict nothing; times are milliseconds since the epoch, both ends included. */
export interface Query {
  readonly id?: string;
  readonly kind?: RecordKind;
  readonly principal?: string;
  readonly server?: string;
  readonly tool?: string;
  readonly method?: string;
  readonly status?: 'ok' | 'error' | 'refused' | 'unknown';
  /** A dotted reason, or the first words of one: `identity` finds `identity.token_expired`. */
  readonly reason?: string;
  readonly since?: number;
  readonly until?: number;
  /** A digest as `AuditRoom.valueDigest` gives it: records whose sealed arguments hold the value. Each that may is opened. */
  readonly value?: string;
  /** 1 to 1000. */
  readonly limit: number;
  /** Only records below this index: `next` of the page before. */
  readonly before?: number;
}

/** A query as it is carried out. */
export interface Search extends Omit<Query, 'value'> {
  /** Asked last, since it opens the payload. Throws where that cannot be opened: a search that skipped it would say that nothing is there. */
  readonly holds?: (stored: StoredRecord) => boolean;
}

export interface QueryPage {
  /** Newest first. */
  readonly records: readonly StoredRecord[];
  /** Goes into `before` for the next page; null where there is nothing older. A page may be short, or empty, and have a next one. */
  readonly next: number | null;
}

export const MAX_PAGE = 1000;

/** What one page may read: a query that finds nothing must not hold the disk. */
const PAGE_READ_BYTES = 256 * 1024 * 1024;
/** The same where payloads are opened, which takes ten times as long. */
export const OPENED_BYTES = 32 * 1024 * 1024;
const GROUP_BYTES = 256 * 1024;
const CLOCK_SLACK_MS = 60_000;

interface Searching {
  readonly files: JournalFiles;
  readonly open: OpenLog;
  readonly query: Search;
  readonly found: StoredRecord[];
  /** Every record from here on was looked at. */
  reached: number;
  read: number;
}

interface Place {
  readonly offset: number;
  readonly header: ReadHeader;
}

/** One page of the records that fit, newest first. Batches outside the times are skipped by their heads. */
export async function queryLog(files: JournalFiles, open: OpenLog, query: Search): Promise<Result<QueryPage, AuditReason>> {
  const end = open.writer.end;
  const search: Searching = {
    files,
    open,
    query: narrowById(query),
    found: [],
    reached: Math.min(query.before ?? end.index, end.index),
    read: 0,
  };
  for (const entry of open.segments.entries.toReversed()) {
    if (entry.firstIndex === null || entry.firstIndex >= search.reached || entry.number > end.segment) continue;
    const problem = await searchSegment(search, entry, entry.number === end.segment ? end.offset : entry.size);
    if (problem !== null) return failure('audit.journal_damaged', problem);
    if (isDone(search)) break;
  }
  return success({ records: search.found, next: search.reached > 0 && isDone(search) ? search.reached : null });
}

// No record of an exchange is older than the exchange. It has no latest time: recovery may close it much later.
function narrowById(query: Search): Search {
  const time = query.id === undefined ? null : ulidTime(query.id);
  return time === null ? query : { ...query, since: Math.max(query.since ?? 0, time - CLOCK_SLACK_MS) };
}

const isDone = ({ found, query, read }: Searching): boolean =>
  found.length >= Math.min(query.limit, MAX_PAGE) || read >= (query.holds === undefined ? PAGE_READ_BYTES : OPENED_BYTES);

async function searchSegment(search: Searching, entry: SegmentEntry, limit: number): Promise<string | null> {
  const reader = new SegmentReader(await search.files.open(join(search.open.directory, segmentName(entry.number))));
  try {
    const places = await findPlaces(reader, limit, search);
    for (let last = places.length; last > 0 && !isDone(search); ) {
      const first = groupStart(places, last);
      const problem = await searchGroup(search, { reader, entry, limit }, places.slice(first, last));
      if (problem !== null) return problem;
      last = first;
    }
    if (!isDone(search)) search.reached = Math.min(search.reached, entry.firstIndex ?? search.reached);
    return null;
  } finally {
    await reader.close();
  }
}

async function findPlaces(reader: SegmentReader, limit: number, search: Searching): Promise<readonly Place[]> {
  const places: Place[] = [];
  for (let offset = FIRST_BATCH; offset < limit; ) {
    const header = await readHeaderAt(reader, offset, limit);
    if (header === null || (header.flags & FLAG.end) !== 0 || header.firstIndex >= search.reached) break;
    if (mayHold(header, search.query)) places.push({ offset, header });
    offset += paddedBytes(header.bytes);
  }
  return places;
}

const mayHold = ({ minTime, maxTime }: ReadHeader, { since, until }: Search): boolean =>
  (since === undefined || maxTime >= since) && (until === undefined || minTime <= until);

// Batches are read forward in groups and searched backward, so that every byte is read once.
function groupStart(places: readonly Place[], last: number): number {
  const end = places[last - 1]?.offset ?? 0;
  let first = last - 1;
  while (first > 0 && end - (places[first - 1]?.offset ?? 0) < GROUP_BYTES) first--;
  return first;
}

interface Source {
  readonly reader: SegmentReader;
  readonly entry: SegmentEntry;
  readonly limit: number;
}

async function searchGroup(search: Searching, source: Source, places: readonly Place[]): Promise<string | null> {
  const from = places[0]?.offset ?? 0;
  const last = places.at(-1);
  if (last !== undefined) await source.reader.view(from, last.offset + paddedBytes(last.header.bytes) - from, source.limit);
  for (const place of places.toReversed()) {
    if (isDone(search)) return null;
    search.read += place.header.bytes;
    const batch = await readBatch(source.reader, place.offset, source.limit);
    const frames = batch === null ? null : framesOf(batch);
    if (batch === null || frames === null) return unreadable(search, source.entry, place);
    for (let position = frames.length - 1; position >= 0 && !isFull(search); position--) {
      const frame = frames[position];
      const index = batch.header.firstIndex + position;
      if (frame === undefined || index >= search.reached) continue;
      search.reached = index;
      if (!mayMatch(frame, search.query)) continue;
      const stored = storedRecord(search.open.log, batch, frame, position);
      if (!stored.ok) return stored.detail ?? stored.reason;
      if (matches(stored.value, search.query)) search.found.push(keep(stored.value));
    }
  }
  return null;
}

const isFull = ({ found, query }: Searching): boolean => found.length >= Math.min(query.limit, MAX_PAGE);

// A view would keep the whole piece of the file in memory that it was read in.
const keep = (stored: StoredRecord): StoredRecord =>
  stored.envelope === null ? stored : { ...stored, envelope: Buffer.from(stored.envelope) };

function unreadable(search: Searching, entry: SegmentEntry, place: Place): string {
  return describeDamage(
    damageAt(search.open.log, { segment: entry.number, offset: place.offset, index: place.header.firstIndex }, 'a batch cannot be read'),
  );
}

// Parsing costs ten times as much as looking for the text.
const mayMatch = (frame: Frame, { id }: Search): boolean => id === undefined || frame.publicPart.includes(id);

/** Whether a record is one that a query looks for; `id` and everything else, but not its place. */
export function matches(stored: StoredRecord, query: Search): boolean {
  const { record } = stored;
  if (query.since !== undefined && record.time < query.since) return false;
  if (query.until !== undefined && record.time > query.until) return false;
  if (query.reason !== undefined && !hasPrefix(record.reason ?? '', query.reason)) return false;
  if (!FIELDS.every((field) => query[field] === undefined || query[field] === record[field])) return false;
  return query.holds === undefined || query.holds(stored);
}

const FIELDS = ['id', 'kind', 'principal', 'server', 'tool', 'method', 'status'] as const;

const hasPrefix = (reason: string, prefix: string): boolean =>
  reason === prefix || reason.startsWith(prefix.endsWith('.') ? prefix : `${prefix}.`);
