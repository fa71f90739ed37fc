import { join } from 'node:path';
import { FLAG } from './batch-header.ts';
import { classifyTail } from './classify-tail.ts';
import { damageAt } from './damage.ts';
import { after, at, atStart, type Expected, misfit } from './expected.ts';
import type { Damaged, Found } from './find-segments.ts';
import type { JournalFiles } from './journal-files.ts';
import { type BatchView, framesOf, readBatch, readHeaderAt, SegmentReader } from './read-batch.ts';
import { segmentName } from './segment.ts';
import { FIRST_BATCH, type SegmentEntry } from './segments.ts';

export interface ScanDeps {
  readonly files: JournalFiles;
  readonly directory: string;
  readonly log: string;
  /** A log that is being written is read up to here. Null: to its end. */
  readonly until: { readonly segment: number; readonly offset: number } | null;
}

/** Where a scan ended. */
export interface ScanEnd {
  /** What the next batch says about itself. */
  readonly expected: Expected;
  /** The segment and byte at which it will stand. */
  readonly segment: number;
  readonly offset: number;
  /** Bytes of a torn batch at that place. */
  readonly tornBytes: number;
}

/** Called for every batch that holds records; what it returns is a problem with it, or null. */
export type OnBatch = (batch: BatchView) => string | null;

interface SegmentEnd {
  readonly expected: Expected;
  readonly offset: number;
  readonly tornBytes: number;
  /** The mark says that another segment follows. */
  readonly marked: boolean;
}

/** Reads every batch of the given segments, the newest of the log among them, checks that each follows the one before it, and judges the tail. */
export async function scanLog(deps: ScanDeps, entries: readonly SegmentEntry[], onBatch: OnBatch): Promise<Found<ScanEnd>> {
  let expected: Expected | null = null;
  for (const [i, entry] of entries.entries()) {
    const scanned: Found<SegmentEnd> = await scanSegment(deps, entry, expected, onBatch);
    if (!scanned.ok) return scanned;
    const { marked, offset, tornBytes } = scanned.value;
    expected = scanned.value.expected;
    const followers = entries.slice(i + 1);
    const place = { segment: entry.number, offset, index: expected.index };
    if (!marked)
      return followers.every((follower) => follower.firstIndex === null) && followers.length <= 1
        ? end(place, expected, tornBytes)
        : lost(deps, place);
    if (followers.length === 0)
      return { ok: false, damage: damageAt(deps.log, { ...place, segment: entry.number + 1, offset: 0 }, 'the segment is missing') };
  }
  return end({ segment: 0, offset: FIRST_BATCH }, atStart(1), 0);
}

function end(place: { readonly segment: number; readonly offset: number }, expected: Expected, tornBytes: number): Found<ScanEnd> {
  return { ok: true, value: { expected, segment: place.segment, offset: place.offset, tornBytes } };
}

function lost(deps: ScanDeps, place: { readonly segment: number; readonly offset: number; readonly index: number }): Damaged {
  return { ok: false, damage: damageAt(deps.log, place, 'the segment ends early although a later one is in use') };
}

async function scanSegment(deps: ScanDeps, entry: SegmentEntry, before: Expected | null, onBatch: OnBatch): Promise<Found<SegmentEnd>> {
  const reader = new SegmentReader(await deps.files.open(join(deps.directory, segmentName(entry.number))));
  try {
    return await scanBatches(deps, entry, { reader, before, onBatch });
  } finally {
    await reader.close();
  }
}

interface Scan {
  readonly reader: SegmentReader;
  readonly before: Expected | null;
  readonly onBatch: OnBatch;
}

async function scanBatches(deps: ScanDeps, entry: SegmentEntry, scan: Scan): Promise<Found<SegmentEnd>> {
  let expected = await expectedFirst(scan, entry);
  let offset = FIRST_BATCH;
  for (;;) {
    const place = { segment: entry.number, offset, index: expected.index };
    if (deps.until?.segment === entry.number && offset >= deps.until.offset)
      return { ok: true, value: { expected, offset, tornBytes: 0, marked: false } };
    const batch = await readBatch(scan.reader, offset, entry.size);
    if (batch === null) return judgeTail(deps, entry, { scan, expected, offset });
    const problem =
      misfit(batch.header, expected) ?? (framesOf(batch) === null ? 'the records of a batch do not fill it' : null) ?? scan.onBatch(batch);
    if (problem !== null) return { ok: false, damage: damageAt(deps.log, place, problem) };
    expected = after(batch.header);
    offset = batch.end;
    if ((batch.header.flags & FLAG.end) !== 0) return { ok: true, value: { expected, offset, tornBytes: 0, marked: true } };
  }
}

async function expectedFirst(scan: Scan, entry: SegmentEntry): Promise<Expected> {
  if (scan.before !== null) return { ...scan.before, segment: entry.number };
  const first = entry.number === 1 ? null : await readHeaderAt(scan.reader, FIRST_BATCH, entry.size);
  return first === null ? atStart(entry.number) : at(entry.number, first);
}

interface Stop {
  readonly scan: Scan;
  readonly expected: Expected;
  readonly offset: number;
}

async function judgeTail(deps: ScanDeps, entry: SegmentEntry, { scan, expected, offset }: Stop): Promise<Found<SegmentEnd>> {
  const tail = classifyTail(await scan.reader.view(offset, entry.size - offset, entry.size), expected);
  if (tail.kind === 'damaged')
    return { ok: false, damage: damageAt(deps.log, { segment: entry.number, offset, index: expected.index }, tail.problem) };
  return { ok: true, value: { expected, offset, tornBytes: tail.kind === 'torn' ? tail.bytes : 0, marked: false } };
}
