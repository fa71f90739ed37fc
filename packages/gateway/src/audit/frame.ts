import { LEAF_PREFIX, leafOfPrefixed, MAX_RECORD_BYTES } from '@sallyport/ledger';

const LEAF_AT = 6;
const PREFIX_AT = 38;

/** Bytes in front of the public part. The last is the leaf's prefix, so that prefix and record are hashed where they stand. */
export const FRAME_OVERHEAD = 39;

/** One record inside a batch. The two parts are views into the batch: copy what is kept. */
export interface Frame {
  /** Hex, as it was stored. */
  readonly leaf: string;
  /** Canonical bytes of the public part. */
  readonly publicPart: Buffer;
  readonly envelope: Buffer | null;
  /** 0x00 and the public part: what the leaf is the hash of. */
  readonly prefixed: Buffer;
  /** Where the next frame begins. */
  readonly end: number;
}

export interface WrittenFrame {
  readonly leaf: string;
  readonly end: number;
}

/** The most bytes that a frame can take, before its text is encoded. */
export const frameBound = (text: string, envelope: Uint8Array | null): number =>
  FRAME_OVERHEAD + Math.min(text.length * 3, MAX_RECORD_BYTES) + (envelope?.length ?? 0);

export function writeFrame(buffer: Buffer, at: number, text: string, envelope: Uint8Array | null): WrittenFrame {
  const start = at + FRAME_OVERHEAD;
  const length = buffer.write(text, start, 'utf8');
  const end = start + length + (envelope?.length ?? 0);
  buffer.writeUInt32LE(end - at, at);
  buffer.writeUInt16LE(length, at + 4);
  buffer.writeUInt8(LEAF_PREFIX, at + PREFIX_AT);
  const leaf = leafOfPrefixed(buffer.subarray(at + PREFIX_AT, start + length));
  buffer.write(leaf, at + LEAF_AT, 'hex');
  if (envelope !== null) buffer.set(envelope, start + length);
  return { leaf, end };
}

/** Null where no frame fits between `at` and `limit`. */
export function readFrame(buffer: Buffer, at: number, limit: number): Frame | null {
  if (at + FRAME_OVERHEAD > limit) return null;
  const end = at + buffer.readUInt32LE(at);
  const start = at + FRAME_OVERHEAD;
  const split = start + buffer.readUInt16LE(at + 4);
  if (end > limit || split > end) return null;
  return {
    leaf: buffer.toString('hex', at + LEAF_AT, at + PREFIX_AT),
    publicPart: buffer.subarray(start, split),
    envelope: split === end ? null : buffer.subarray(split, end),
    prefixed: buffer.subarray(at + PREFIX_AT, split),
    end,
  };
}
