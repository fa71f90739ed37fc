import { join } from 'node:path';
import { decodePublicPart, type PublicPart } from '@sallyport/ledger';
import { damageAt } from './damage.ts';
import type { Found } from './find-segments.ts';
import { type BatchView, framesOf, readBatch, SegmentReader } from './read-batch.ts';
import type { ScanDeps } from './scan-log.ts';
import { segmentName } from './segment.ts';
import type { SegmentEntry } from './segments.ts';

/** Where a batch stands that may hold an open intent or its outcome. */
export interface BatchPlace {
  readonly segment: number;
  readonly offset: number;
  readonly index: number;
  readonly end: number;
}

export type OpenIntents = ReadonlyMap<number, PublicPart>;

/** The intents, by index, that no outcome in these batches names. */
export async function findOpenIntents(
  deps: ScanDeps,
  entries: readonly SegmentEntry[],
  places: readonly BatchPlace[],
): Promise<Found<OpenIntents>> {
  const open = new Map<number, PublicPart>();
  for (const entry of entries) {
    const here = places.filter((place) => place.segment === entry.number);
    if (here.length === 0) continue;
    const reader = new SegmentReader(await deps.files.open(join(deps.directory, segmentName(entry.number))));
    try {
      for (const place of here) {
        const batch = await readBatch(reader, place.offset, entry.size);
        const problem = batch === null ? 'the batch can no longer be read' : track(batch, open);
        if (problem !== null) return { ok: false, damage: damageAt(deps.log, place, problem) };
      }
    } finally {
      await reader.close();
    }
  }
  return { ok: true, value: open };
}

function track(batch: BatchView, open: Map<number, PublicPart>): string | null {
  let index = batch.header.firstIndex;
  for (const frame of framesOf(batch) ?? []) {
    const record = decodePublicPart(frame.publicPart);
    if (!record.ok) return `record ${index} cannot be read (${record.reason})`;
    if (record.value.kind === 'intent') open.set(index, record.value);
    else if (record.value.kind === 'outcome' && record.value.intent !== undefined) open.delete(record.value.intent);
    index++;
  }
  return null;
}
