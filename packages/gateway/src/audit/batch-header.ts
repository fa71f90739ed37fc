import { crc32 } from 'node:zlib';
import { SECTOR } from './segment.ts';

/** Bytes. Frames follow. */
export const HEADER_BYTES = 80;

/** Fills the rest of the last sector, at least one byte: a sector of zeros, or a zero at the end, was never written. */
export const PADDING = 0xff;

const MAGIC = 0x424a_5053; // "SPJB", little-endian
const VERSION = 1;
const HEADER_CRC_AT = 76;

export const FLAG = {
  /** Holds the outcomes by which recovery closed open intents. */
  recovery: 1,
  /** The last batch of its segment: the next segment existed before this was written. */
  end: 2,
} as const;

/** One write. Everything is little-endian; the two checksums make a torn batch differ from a damaged one. */
export interface BatchHeader {
  readonly flags: number;
  /** Header and frames, without padding. */
  readonly bytes: number;
  readonly count: number;
  readonly segment: number;
  readonly epoch: number;
  /** Of the batch, from 0 over the life of the log. */
  readonly sequence: number;
  /** Of the batch's first record. */
  readonly firstIndex: number;
  /** Milliseconds since the epoch: the least and the greatest of its records. Both 0 where it holds none. */
  readonly minTime: number;
  readonly maxTime: number;
  /** Every intent below this index had its outcome when the batch was written. */
  readonly oldestOpen: number;
  /** Checksum of the batch before: a batch of another log or an older copy does not fit in. */
  readonly previousCrc: number;
}

export type ReadHeader = BatchHeader & { readonly crc: number };

/** Bytes on disk of a batch that holds `bytes`. */
export const paddedBytes = (bytes: number): number => (Math.floor(bytes / SECTOR) + 1) * SECTOR;

/** Completes a batch whose frames stand in `buffer` behind the header's place; returns its checksum. The buffer reaches `paddedBytes`. */
export function sealBatch(buffer: Buffer, header: BatchHeader): number {
  buffer.writeUInt32LE(MAGIC, 0);
  buffer.writeUInt16LE(VERSION, 4);
  buffer.writeUInt16LE(header.flags, 6);
  buffer.writeUInt32LE(header.bytes, 12);
  buffer.writeUInt32LE(header.count, 16);
  buffer.writeUInt32LE(header.segment, 20);
  buffer.writeDoubleLE(header.epoch, 24);
  buffer.writeDoubleLE(header.sequence, 32);
  buffer.writeDoubleLE(header.firstIndex, 40);
  buffer.writeDoubleLE(header.minTime, 48);
  buffer.writeDoubleLE(header.maxTime, 56);
  buffer.writeDoubleLE(header.oldestOpen, 64);
  buffer.writeUInt32LE(header.previousCrc, 72);
  buffer.writeUInt32LE(headerCrc(buffer), HEADER_CRC_AT);
  const crc = batchCrc(buffer, header.bytes);
  buffer.writeUInt32LE(crc, 8);
  buffer.fill(PADDING, header.bytes, paddedBytes(header.bytes));
  return crc;
}

/** Null where no whole header stands at the buffer's start. Says nothing about the frames: see `isWhole`. */
export function readHeader(buffer: Buffer): ReadHeader | null {
  if (buffer.length < HEADER_BYTES || buffer.readUInt32LE(0) !== MAGIC || buffer.readUInt16LE(4) !== VERSION) return null;
  if (buffer.readUInt32LE(HEADER_CRC_AT) !== headerCrc(buffer)) return null;
  const bytes = buffer.readUInt32LE(12);
  if (bytes < HEADER_BYTES) return null;
  return {
    flags: buffer.readUInt16LE(6),
    crc: buffer.readUInt32LE(8),
    bytes,
    count: buffer.readUInt32LE(16),
    segment: buffer.readUInt32LE(20),
    epoch: buffer.readDoubleLE(24),
    sequence: buffer.readDoubleLE(32),
    firstIndex: buffer.readDoubleLE(40),
    minTime: buffer.readDoubleLE(48),
    maxTime: buffer.readDoubleLE(56),
    oldestOpen: buffer.readDoubleLE(64),
    previousCrc: buffer.readUInt32LE(72),
  };
}

/** Whether the batch at the buffer's start is what was written, its padding included. */
export function isWhole(buffer: Buffer, header: ReadHeader): boolean {
  const end = paddedBytes(header.bytes);
  if (buffer.length < end || batchCrc(buffer, header.bytes) !== header.crc) return false;
  return buffer.compare(FULL_PADDING, 0, end - header.bytes, header.bytes, end) === 0;
}

const FULL_PADDING = Buffer.alloc(SECTOR, PADDING);

const headerCrc = (buffer: Buffer): number => crc32(buffer.subarray(12, HEADER_CRC_AT), buffer.readUInt16LE(6));

const batchCrc = (buffer: Buffer, bytes: number): number => crc32(buffer.subarray(12, bytes), buffer.readUInt32LE(4));
