import { join } from 'node:path';
import { type BatchPlace, findOpenIntents, type OpenIntents } from './find-open-intents.ts';
import { type Found, findSegments, removeUnfinished } from './find-segments.ts';
import type { LogPosition } from './log-writer.ts';
import type { BatchView } from './read-batch.ts';
import { type ScanDeps, type ScanEnd, scanLog } from './scan-log.ts';
import { segmentName } from './segment.ts';
import type { SegmentEntry } from './segments.ts';

/** A log as it was left. */
export interface Recovered {
  readonly entries: readonly SegmentEntry[];
  /** Where it goes on, in a new epoch. */
  readonly position: LogPosition;
  /** The segment in which it goes on; 0 where there is none yet. */
  readonly segment: number;
  readonly openIntents: OpenIntents;
  /** Bytes of an unfinished batch that were cut off: nobody was told that it was recorded. */
  readonly tornBytes: number;
}

/** Reads a log, cuts off a torn last batch and finds the intents without outcome. Changes nothing where anything is damaged. */
export async function recover(deps: ScanDeps, checkBytes: number): Promise<Found<Recovered>> {
  const found = await findSegments(deps.files, deps.directory, deps.log);
  if (!found.ok) return found;
  const entries = found.value;
  const scanned = await scanFarEnough(deps, entries, firstToScan(entries, checkBytes));
  if (!scanned.ok) return scanned;
  const { end, places } = scanned.value;
  const open = await findOpenIntents(deps, entries, places);
  if (!open.ok) return open;
  await removeUnfinished(deps.files, deps.directory);
  await clearTorn(deps, end);
  return {
    ok: true,
    value: {
      entries: withoutTorn(entries, end),
      position: positionAfter(end),
      segment: end.segment,
      openIntents: open.value,
      tornBytes: end.tornBytes,
    },
  };
}

interface Scanned {
  readonly end: ScanEnd;
  readonly places: readonly BatchPlace[];
}

// Every batch says how far back the oldest open intent lies; where that is before what was read, more is read.
async function scanFarEnough(deps: ScanDeps, entries: readonly SegmentEntry[], start: number): Promise<Found<Scanned>> {
  let places: BatchPlace[] = [];
  let oldestOpen = Number.POSITIVE_INFINITY;
  const note = (batch: BatchView): null => {
    const { segment, firstIndex, count } = batch.header;
    oldestOpen = batch.header.oldestOpen;
    places.push({ segment, offset: batch.offset, index: firstIndex, end: firstIndex + count });
    // Now and then, so that the list stays as long as what is open and not as long as the log.
    if (places.length % 4096 === 0) places = places.filter((place) => place.end > oldestOpen);
    return null;
  };
  const end = await scanLog(deps, entries.slice(start), note);
  if (!end.ok) return end;
  const earlier = entries.findLastIndex((entry) => entry.firstIndex !== null && entry.firstIndex <= oldestOpen);
  if (earlier >= 0 && earlier < start) return scanFarEnough(deps, entries, earlier);
  return { ok: true, value: { end: end.value, places: places.filter((place) => place.end > oldestOpen) } };
}

// The newest segments within the bound, and always one before the last that is in use, because the first batch of that one may be torn.
function firstToScan(entries: readonly SegmentEntry[], checkBytes: number): number {
  const inUse = entries.findLastIndex((entry) => entry.firstIndex !== null);
  let start = entries.length;
  for (let bytes = 0; start > 0; start--) {
    bytes += entries[start - 1]?.size ?? 0;
    if (bytes > checkBytes) break;
  }
  return Math.max(0, Math.min(start, inUse - 1));
}

async function clearTorn(deps: ScanDeps, end: ScanEnd): Promise<void> {
  if (end.tornBytes === 0) return;
  const file = await deps.files.open(join(deps.directory, segmentName(end.segment)));
  try {
    const written = await file.writeDurably(Buffer.alloc(end.tornBytes), end.offset);
    if (written !== end.tornBytes) throw new Error(`only ${written} of ${end.tornBytes} bytes were cleared`);
  } finally {
    await file.close();
  }
}

const positionAfter = ({ expected, offset }: ScanEnd): LogPosition => ({
  epoch: expected.epoch + 1,
  sequence: expected.sequence,
  index: expected.index,
  previousCrc: expected.previousCrc ?? 0,
  offset,
});

// A torn first batch gave its segment an index that no durable record has.
const withoutTorn = (entries: readonly SegmentEntry[], end: ScanEnd): readonly SegmentEntry[] =>
  entries.map((entry) => (entry.firstIndex !== null && entry.firstIndex >= end.expected.index ? { ...entry, firstIndex: null } : entry));
