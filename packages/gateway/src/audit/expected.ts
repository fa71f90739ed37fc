import type { BatchHeader, ReadHeader } from './batch-header.ts';

/** What the next batch of a log must say about itself. Null: not known yet, because what stands before was not read. */
export interface Expected {
  readonly segment: number;
  readonly epoch: number;
  readonly sequence: number;
  readonly index: number;
  readonly previousCrc: number | null;
}

export const atStart = (segment: number): Expected => ({ segment, epoch: 0, sequence: 0, index: 0, previousCrc: 0 });

/** Begins at a batch whose predecessors are not read. */
export const at = (segment: number, header: BatchHeader): Expected => ({
  segment,
  epoch: header.epoch,
  sequence: header.sequence,
  index: header.firstIndex,
  previousCrc: null,
});

export const after = (header: ReadHeader): Expected => ({
  segment: header.segment,
  epoch: header.epoch,
  sequence: header.sequence + 1,
  index: header.firstIndex + header.count,
  previousCrc: header.crc,
});

/** Why a batch does not stand where it belongs, or null where it does. */
export function misfit(header: BatchHeader, expected: Expected): string | null {
  if (header.segment !== expected.segment) return `a batch of segment ${header.segment} stands in segment ${expected.segment}`;
  if (header.sequence !== expected.sequence) return `batch ${header.sequence} stands where batch ${expected.sequence} belongs`;
  if (header.firstIndex !== expected.index) return `record ${header.firstIndex} stands where record ${expected.index} belongs`;
  if (header.epoch < expected.epoch) return `epoch ${header.epoch} follows epoch ${expected.epoch}`;
  if (expected.previousCrc !== null && header.previousCrc !== expected.previousCrc) return 'a batch does not follow the one before it';
  return null;
}
