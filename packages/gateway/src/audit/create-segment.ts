import { join } from 'node:path';
import type { JournalFile, JournalFiles } from './journal-files.ts';
import { encodeSegmentHeader, SECTOR, type SegmentHeader, segmentName } from './segment.ts';

/** What is being made and holds no record yet. */
export const UNFINISHED = '.new';

const CHUNK = 1024 * 1024;

/**
 * A segment of zeros with its header, durable with its name when this resolves. Real zeros, not a hole: a write into them changes no
 * metadata, which halves its time. It gets its name last, so a segment that has one is complete.
 */
export async function createSegment(files: JournalFiles, directory: string, header: SegmentHeader): Promise<JournalFile> {
  const path = join(directory, segmentName(header.number));
  try {
    await fill(await files.create(path + UNFINISHED), header);
    await files.rename(path + UNFINISHED, path);
    await files.syncDirectory(directory);
  } catch (error) {
    // Room for records is what is missing here, so half a segment must not stay. Where this fails too, the next attempt or start removes it.
    await files.remove(path + UNFINISHED).catch(() => undefined);
    throw error;
  }
  return files.open(path);
}

async function fill(file: JournalFile, header: SegmentHeader): Promise<void> {
  try {
    const zeros = Buffer.alloc(Math.min(CHUNK, header.size - SECTOR));
    for (let at = SECTOR; at < header.size; at += zeros.length) await writeAll(file, zeros.subarray(0, header.size - at), at);
    await writeAll(file, encodeSegmentHeader(header), 0);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function writeAll(file: JournalFile, data: Buffer, position: number): Promise<void> {
  const written = await file.write(data, position);
  if (written !== data.length) throw new Error(`only ${written} of ${data.length} bytes were written`);
}
