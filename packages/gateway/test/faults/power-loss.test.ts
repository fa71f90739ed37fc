import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AuditRoom, JournalFiles } from '../../src/audit/index.ts';
import { DEFAULT_TENANT } from '../../src/base/ids.ts';
import { checkJournal, receiptLine } from './check-journal.ts';
import { Disk, seeded, withoutSync } from './disk.ts';
import { type Ground, intent, journalDeps, newId, opened, outcome, prepareGround } from './journal.ts';

const DIR = '/journal';
const SEEDS = 500;
const SEEDS_WITHOUT_SYNC = 40;

let ground: Ground;
beforeAll(() => {
  ground = prepareGround();
});
afterAll(() => ground.clear());

interface World {
  readonly acknowledged: string[];
  readonly forwarded: string[];
}

type Build = (disk: JournalFiles) => JournalFiles;

test(`after a power loss at a random point the journal has every acknowledged record, in order, and no open intent (${SEEDS} seeds)`, async () => {
  expect(await surviveAll(SEEDS, (disk) => disk)).toEqual([]);
}, 120_000);

test('a build with the syncs taken out does not survive it', async () => {
  const problems = await surviveAll(SEEDS_WITHOUT_SYNC, withoutSync);
  expect(problems.length).toBeGreaterThan(SEEDS_WITHOUT_SYNC / 2);
}, 120_000);

async function surviveAll(seeds: number, build: Build): Promise<readonly string[]> {
  const problems = await Promise.all(Array.from({ length: seeds }, (_, i) => survive(i + 1, build)));
  return problems.flat();
}

/** Two power losses, one after the other, on one disk; the problems found after each. */
async function survive(seed: number, build: Build): Promise<readonly string[]> {
  const random = seeded(seed);
  const world: World = { acknowledged: [], forwarded: [] };
  let content = new Map<string, Buffer>();
  for (let round = 1; round <= 2; round++) {
    const disk = new Disk(random, { powerLossAt: 1 + Math.floor(random() * 120) }, content);
    const failed = await Promise.race([disk.powerLoss.then(() => null), work(build(disk), world, random).catch(String)]);
    if (typeof failed === 'string') return [`seed ${seed}, round ${round}: ${failed}`];
    content = disk.survivors();
  }
  return check(content, world, seed);
}

async function check(content: ReadonlyMap<string, Buffer>, world: World, seed: number): Promise<readonly string[]> {
  const disk = new Disk(seeded(seed), {}, content);
  try {
    const room = await opened(journalDeps(ground.vault, disk, DIR));
    await room.close();
  } catch (error) {
    return [`seed ${seed}: ${String(error)}`];
  }
  const found = await checkJournal(disk, DIR, DEFAULT_TENANT, world);
  const lists = [
    ...found.missing,
    ...found.forwardedWithoutIntent,
    ...found.openIntents,
    ...found.outOfOrder,
    ...(found.damage === null ? [] : [found.damage]),
  ];
  return lists.length === 0 ? [] : [`seed ${seed}: ${JSON.stringify(found)}`];
}

// Callers at once, each with its intent, the forwarding that it permits, and its outcome. A recovery that the power cut short fails nothing.
async function work(files: JournalFiles, world: World, random: () => number): Promise<void> {
  const room = await opened(journalDeps(ground.vault, files, DIR));
  const callers = Array.from({ length: 1 + Math.floor(random() * 12) }, () => call(room, world, random));
  await Promise.all(callers);
}

async function call(room: AuditRoom, world: World, random: () => number): Promise<void> {
  for (;;) {
    const id = newId();
    const size = random() < 0.1 ? 3000 : 20;
    const before = await room.append(DEFAULT_TENANT, intent(id, random() < 0.3 ? null : { text: 'x'.repeat(size) }));
    if (!before.ok) throw new Error(before.reason);
    world.acknowledged.push(receiptLine(before.value));
    world.forwarded.push(id);
    if (random() < 0.2) continue;
    const after = await room.append(DEFAULT_TENANT, outcome(id, before.value.index));
    if (!after.ok) throw new Error(after.reason);
    world.acknowledged.push(receiptLine(after.value));
  }
}
