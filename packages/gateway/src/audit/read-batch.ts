import { HEADER_BYTES, isWhole, paddedBytes, type ReadHeader, readHeader } from './batch-header.ts';
import { type Frame, readFrame } from './frame.ts';
import type { JournalFile } from './journal-files.ts';
import { SECTOR } from './segment.ts';

/** A batch as it stands on the disk, its checksum verified. */
export interface BatchView {
  readonly offset: number;
  readonly header: ReadHeader;
  /** Header and frames; not changed afterwards, so frames may be kept as views. */
  readonly buffer: Buffer;
  /** Where the next batch begins. */
  readonly end: number;
}

const READ_BYTES = 256 * 1024;

/** Reads a file forward in large pieces. Every piece is a buffer of its own, so that what was read stays valid. */
export class SegmentReader {
  readonly #file: JournalFile;
  #piece: Buffer = Buffer.alloc(0);
  #start = 0;

  constructor(file: JournalFile) {
    this.#file = file;
  }

  /** `length` bytes at `at`, fewer where the file ends before `limit`; nothing behind `limit` is ever read. */
  async view(at: number, length: number, limit: number): Promise<Buffer> {
    const wanted = Math.min(length, limit - at);
    const from = at - this.#start;
    if (from >= 0 && from + wanted <= this.#piece.length) return this.#piece.subarray(from, from + wanted);
    const piece = Buffer.alloc(Math.max(0, Math.min(Math.max(wanted, READ_BYTES), limit - at)));
    const filled = await this.#file.read(piece, at);
    this.#piece = piece.subarray(0, filled);
    this.#start = at;
    return this.#piece.subarray(0, wanted);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** The header at `at`, its own checksum verified; null where there is none. */
export async function readHeaderAt(reader: SegmentReader, at: number, limit: number): Promise<ReadHeader | null> {
  return readHeader(await reader.view(at, SECTOR, limit));
}

/** The batch at `at`, or null where no whole batch stands before `limit`. */
export async function readBatch(reader: SegmentReader, at: number, limit: number): Promise<BatchView | null> {
  const header = await readHeaderAt(reader, at, limit);
  if (header === null) return null;
  const buffer = await reader.view(at, paddedBytes(header.bytes), limit);
  return isWhole(buffer, header) ? { offset: at, header, buffer, end: at + paddedBytes(header.bytes) } : null;
}

/** The frames of a batch, in order; null where they do not fill it exactly. */
export function framesOf(batch: BatchView): readonly Frame[] | null {
  const frames: Frame[] = [];
  let at = HEADER_BYTES;
  for (let i = 0; i < batch.header.count; i++) {
    const frame = readFrame(batch.buffer, at, batch.header.bytes);
    if (frame === null) return null;
    frames.push(frame);
    at = frame.end;
  }
  return at === batch.header.bytes ? frames : null;
}
