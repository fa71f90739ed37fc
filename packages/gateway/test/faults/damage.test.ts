import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openJournal } from '../../src/audit/index.ts';
import { DEFAULT_TENANT } from '../../src/base/ids.ts';
import { Disk, seeded } from './disk.ts';
import { type Ground, intent, journalDeps, newId, opened, outcome, prepareGround } from './journal.ts';

const DIR = '/journal';
const path = (segment: number): string => `${DIR}/default/${String(segment).padStart(8, '0')}.seg`;

let ground: Ground;
let whole: Map<string, Buffer>;

beforeAll(async () => {
  ground = prepareGround();
  const disk = new Disk(seeded(1));
  const room = await opened(journalDeps(ground.vault, disk, DIR));
  for (let i = 0; i < 40; i++) {
    const id = newId();
    const receipt = await room.append(DEFAULT_TENANT, intent(id));
    if (receipt.ok) await room.append(DEFAULT_TENANT, outcome(id, receipt.value.index));
  }
  await room.close();
  whole = disk.content();
});
afterAll(() => ground.clear());

type Content = Map<string, Buffer>;

const bytesOf = (content: Content, segment: number): Buffer => content.get(path(segment)) ?? Buffer.alloc(0);

function flip(segment: number, offset: number, mask = 1): (content: Content) => void {
  return (content) => {
    const bytes = bytesOf(content, segment);
    bytes[offset] = (bytes[offset] ?? 0) ^ mask;
  };
}

function zero(segment: number, from: number, to: number): (content: Content) => void {
  return (content) => void bytesOf(content, segment).fill(0, from, to);
}

function swap(content: Content): void {
  const first = bytesOf(content, 1);
  content.set(path(1), bytesOf(content, 2));
  content.set(path(2), first);
}

// The last whole batch: the one in front of the zeros.
function lastBatchAt(content: Content, segment: number): number {
  const bytes = bytesOf(content, segment);
  let at = 512;
  while (bytes.readUInt32LE(at) !== 0 && bytes.readUInt32LE(at + (Math.floor(bytes.readUInt32LE(at + 12) / 512) + 1) * 512) !== 0)
    at += (Math.floor(bytes.readUInt32LE(at + 12) / 512) + 1) * 512;
  return at;
}

const lastInUse = (content: Content): number => {
  let segment = 1;
  while ((content.get(path(segment + 1))?.readUInt32LE(512) ?? 0) !== 0) segment++;
  return segment;
};

const table: readonly (readonly [string, (content: Content) => void, RegExp])[] = [
  ['a flipped bit in a record', flip(1, 512 + 130), /00000001\.seg, byte 512,.*later one is whole/],
  ['a flipped bit in the padding of a batch', flip(1, 1023), /00000001\.seg, byte 512,.*later one is whole/],
  ['a flipped bit in the head of a batch', flip(1, 512 + 40), /00000001\.seg, byte 512,.*later one is whole/],
  ['a flipped bit in the magic of a batch', flip(1, 512), /00000001\.seg, byte 512,/],
  ['a flipped bit in a later segment', flip(2, 512 + 200), /00000002\.seg, byte 512,/],
  ['a flipped bit in the head of a segment', flip(1, 20), /00000001\.seg, byte 0,.*head of the segment/],
  [
    'a flipped bit in the last batch',
    (content) => flip(lastInUse(content), lastBatchAt(content, lastInUse(content)) + 200)(content),
    /fails its checksum/,
  ],
  [
    'a flipped bit in the head of the last batch',
    (content) => flip(lastInUse(content), lastBatchAt(content, lastInUse(content)) + 30)(content),
    /head of a batch/,
  ],
  ['a zeroed middle', zero(1, 2048, 4096), /00000001\.seg, byte \d+,.*later one is whole/],
  ['a zeroed head of a segment', zero(1, 0, 512), /00000001\.seg, byte 0,/],
  ['a segment zeroed from its first batch on', zero(1, 512, 16_384), /00000001\.seg, byte 512,.*ends early/],
  ['a segment that lost its end', zero(1, 8192, 16_384), /00000001\.seg, byte \d+,.*ends early/],
  [
    'a truncated segment',
    (content) => void content.set(path(1), bytesOf(content, 1).subarray(0, 8000)),
    /00000001\.seg, byte 0,.*8000 bytes/,
  ],
  ['an empty segment', (content) => void content.set(path(2), Buffer.alloc(0)), /00000002\.seg, byte 0,/],
  [
    'a segment that grew',
    (content) => void content.set(path(1), Buffer.concat([bytesOf(content, 1), Buffer.alloc(512)])),
    /00000001\.seg, byte 0,/,
  ],
  ['a deleted first segment', (content) => void content.delete(path(1)), /00000001\.seg, byte 0,.*missing/],
  ['a deleted middle segment', (content) => void content.delete(path(2)), /00000002\.seg, byte 0,.*missing/],
  ['swapped segments', swap, /00000001\.seg, byte 0,.*holds segment 2/],
];

function deleteFromLastInUse(content: Content): void {
  for (let segment = lastInUse(content); content.delete(path(segment)); segment++);
}

describe('damage is named, the journal stays shut, and nothing is overwritten', () => {
  test.each([...table, ['deleted last segments', deleteFromLastInUse, /byte 0,.*missing/] as const])(
    '%s',
    async (_name, damage, expected) => {
      const content = new Map([...whole].map(([name, bytes]) => [name, Buffer.from(bytes)]));
      damage(content);
      const disk = new Disk(seeded(1), {}, content);
      const room = await openJournal(journalDeps(ground.vault, disk, DIR));
      expect(room).toMatchObject({ ok: false, reason: 'audit.journal_damaged', detail: expect.stringMatching(expected) });
      expect(room).toMatchObject({ detail: expect.stringContaining('Nothing was changed. To recover') });
      expect(disk.content()).toEqual(content);
    },
  );

  test('a stray bit where nothing was recorded is cleared like the rest of an unfinished write', async () => {
    const content = new Map([...whole].map(([name, bytes]) => [name, Buffer.from(bytes)]));
    flip(lastInUse(content), 16_383)(content);
    const room = await opened(journalDeps(ground.vault, new Disk(seeded(1), {}, content), DIR));
    expect(await room.verify(DEFAULT_TENANT)).toMatchObject({ ok: true, value: { damage: null } });
    await room.close();
  });

  test('the same journal without damage opens', async () => {
    const room = await opened(journalDeps(ground.vault, new Disk(seeded(1), {}, whole), DIR));
    await room.close();
  });
});
