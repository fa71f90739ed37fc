import { HEADER_BYTES, isWhole, paddedBytes, type ReadHeader, readHeader } from './batch-header.ts';
import { type Expected, misfit } from './expected.ts';
import { SECTOR } from './segment.ts';

/** What stands behind the last whole batch of a segment. */
export type Tail =
  | { readonly kind: 'clean' }
  /** A write that never finished, so nobody was told that it did. `bytes` of it are to be cleared. */
  | { readonly kind: 'torn'; readonly bytes: number }
  | { readonly kind: 'damaged'; readonly problem: string };

const CLEAN: Tail = { kind: 'clean' };
const damaged = (problem: string): Tail => ({ kind: 'damaged', problem });

/**
 * Tells a torn write from damage. A disk writes sectors whole, a system call that is cut short leaves a prefix, and new segments are
 * zeros: so a torn batch lacks bytes somewhere (a sector of zeros, or zeros up to its end), while a flipped bit lacks none. One write is
 * in flight at a time, so nothing whole can stand behind a torn batch.
 */
export function classifyTail(rest: Buffer, expected: Expected): Tail {
  const used = usedBytes(rest);
  if (used === 0) return CLEAN;
  if (laterBatch(rest, expected)) return damaged('a batch is unreadable although a later one is whole');
  const header = readHeader(rest);
  if (header === null) return classifyHeadless(rest, used);
  const wrong = misfit(header, expected);
  if (wrong !== null) return damaged(wrong);
  return classifyBody(rest, used, header);
}

function classifyHeadless(rest: Buffer, used: number): Tail {
  const missing = isZero(rest, 0, SECTOR);
  const cutShort = used < HEADER_BYTES;
  return missing || cutShort
    ? { kind: 'torn', bytes: Math.ceil(used / SECTOR) * SECTOR }
    : damaged('the head of a batch fails its checksum');
}

function classifyBody(rest: Buffer, used: number, header: ReadHeader): Tail {
  const extent = paddedBytes(header.bytes);
  if (extent > rest.length) return damaged('a batch reaches beyond its segment');
  if (used > extent) return damaged('bytes stand where nothing was written');
  if (isWhole(rest, header)) return damaged('the records of a batch do not fill it');
  const torn = rest[extent - 1] === 0 || hasZeroSector(rest, extent);
  return torn ? { kind: 'torn', bytes: extent } : damaged('a batch fails its checksum');
}

// Bytes up to the last that is not zero.
function usedBytes(rest: Buffer): number {
  let end = rest.length;
  while (end > 0 && isZero(rest, Math.max(0, end - SECTOR), end)) end = Math.max(0, end - SECTOR);
  while (end > 0 && rest[end - 1] === 0) end--;
  return end;
}

const ZEROS = Buffer.alloc(SECTOR);

const isZero = (bytes: Buffer, from: number, to: number): boolean => bytes.compare(ZEROS, 0, to - from, from, to) === 0;

function hasZeroSector(rest: Buffer, extent: number): boolean {
  for (let at = 0; at < extent; at += SECTOR) if (isZero(rest, at, at + SECTOR)) return true;
  return false;
}

function laterBatch(rest: Buffer, expected: Expected): boolean {
  for (let at = SECTOR; at + SECTOR <= rest.length; at += SECTOR) {
    const candidate = rest.subarray(at);
    const header = readHeader(candidate);
    if (header !== null && header.segment === expected.segment && header.sequence > expected.sequence && isWhole(candidate, header))
      return true;
  }
  return false;
}
