import { join } from 'node:path';
import { failure, type Result, success } from '../base/result.ts';
import { UNFINISHED } from './create-segment.ts';
import { type Damage, damageAt } from './damage.ts';
import type { JournalFiles } from './journal-files.ts';
import { readHeaderAt, SegmentReader } from './read-batch.ts';
import { decodeSegmentHeader, SECTOR, segmentName, segmentNumber } from './segment.ts';
import { FIRST_BATCH, type SegmentEntry } from './segments.ts';

/** A damage as data: the expected failure of reading a log. */
export type Damaged = { readonly ok: false; readonly damage: Damage };
export type Found<T> = { readonly ok: true; readonly value: T } | Damaged;

/** The segments of a log by their names and heads, in order; nothing else is read. Damage: a missing, truncated or swapped one. */
export async function findSegments(files: JournalFiles, directory: string, log: string): Promise<Found<readonly SegmentEntry[]>> {
  const entries: SegmentEntry[] = [];
  const numbers = (await files.list(directory)).map(segmentNumber).filter((number) => number !== null);
  for (const number of numbers.sort((a, b) => a - b)) {
    const wanted = entries.length + 1;
    if (number !== wanted)
      return { ok: false, damage: damageAt(log, { segment: wanted, offset: 0, index: nextIndex(entries) }, 'the segment is missing') };
    const entry = await readEntry(files, directory, { log, number });
    if (!entry.ok)
      return { ok: false, damage: damageAt(log, { segment: number, offset: 0, index: nextIndex(entries) }, entry.detail ?? '') };
    entries.push(entry.value);
  }
  return { ok: true, value: entries };
}

/** Removes what a crash left of a segment in the making. It never had a name that counts, so it holds no record. */
export async function removeUnfinished(files: JournalFiles, directory: string): Promise<void> {
  const unfinished = (await files.list(directory)).filter((name) => name.endsWith(`.seg${UNFINISHED}`));
  for (const name of unfinished) await files.remove(join(directory, name));
}

const nextIndex = (entries: readonly SegmentEntry[]): number => entries.findLast((entry) => entry.firstIndex !== null)?.firstIndex ?? 0;

async function readEntry(
  files: JournalFiles,
  directory: string,
  wanted: { readonly log: string; readonly number: number },
): Promise<Result<SegmentEntry>> {
  const file = await files.open(join(directory, segmentName(wanted.number)));
  const reader = new SegmentReader(file);
  try {
    const size = await file.size();
    const header = decodeSegmentHeader(await reader.view(0, SECTOR, size));
    if (header === null) return failure('damaged', 'the head of the segment fails its checksum');
    if (header.number !== wanted.number) return failure('damaged', `the file holds segment ${header.number}`);
    if (header.tenant !== wanted.log) return failure('damaged', 'the segment belongs to another log');
    if (header.size !== size) return failure('damaged', `the file has ${size} bytes and should have ${header.size}`);
    const first = await readHeaderAt(reader, FIRST_BATCH, size);
    return success({ number: header.number, size, firstIndex: first === null || first.count === 0 ? null : first.firstIndex });
  } finally {
    await reader.close();
  }
}
