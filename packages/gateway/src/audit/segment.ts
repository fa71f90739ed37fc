import { crc32 } from 'node:zlib';

/** What a disk writes whole or not at all. Batches begin at a multiple of it. */
export const SECTOR = 512;

const MAGIC = 'SPJSEG1\n';
const CRC_AT = SECTOR - 4;
const TENANT_AT = 32;

/** The first sector of a segment. Batches begin in the second. */
export interface SegmentHeader {
  /** From 1, without gaps. The file's name says the same, so that swapped files are noticed. */
  readonly number: number;
  /** Bytes of the whole file, preallocated. */
  readonly size: number;
  readonly tenant: string;
}

export const segmentName = (number: number): string => `${String(number).padStart(8, '0')}.seg`;

/** The number in a segment's file name, or null where the name is none. */
export function segmentNumber(name: string): number | null {
  return /^\d{8}\.seg$/.test(name) ? Number.parseInt(name, 10) : null;
}

export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  const sector = Buffer.alloc(SECTOR);
  sector.write(MAGIC, 0, 'latin1');
  sector.writeUInt32LE(header.number, 8);
  sector.writeDoubleLE(header.size, 16);
  sector.writeUInt8(Buffer.byteLength(header.tenant), 24);
  sector.write(header.tenant, TENANT_AT, 'utf8');
  sector.writeUInt32LE(crc32(sector.subarray(0, CRC_AT)), CRC_AT);
  return sector;
}

/** Null where the sector is no segment header or its checksum does not fit. */
export function decodeSegmentHeader(sector: Buffer): SegmentHeader | null {
  if (sector.length < SECTOR || sector.toString('latin1', 0, 8) !== MAGIC) return null;
  if (sector.readUInt32LE(CRC_AT) !== crc32(sector.subarray(0, CRC_AT))) return null;
  const tenant = sector.toString('utf8', TENANT_AT, TENANT_AT + sector.readUInt8(24));
  return { number: sector.readUInt32LE(8), size: sector.readDoubleLE(16), tenant };
}
