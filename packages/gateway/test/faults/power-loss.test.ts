import { afterAll, beforeAll, expect, test } from 'vitest';
import { withoutSync } from './disk.ts';
import { type Ground, prepareGround } from './journal.ts';
import { surviveAll } from './power-loss.ts';

const SEEDS = 500;
const SEEDS_WITHOUT_SYNC = 40;

let ground: Ground;
beforeAll(() => {
  ground = prepareGround();
});
afterAll(() => ground.clear());

test(`after a power loss at a random point the journal has every acknowledged record, in order, and no open intent (${SEEDS} seeds)`, async () => {
  expect(await surviveAll(ground.vault, SEEDS, (disk) => disk)).toEqual([]);
}, 120_000);

test('a build with the syncs taken out does not survive it', async () => {
  const problems = await surviveAll(ground.vault, SEEDS_WITHOUT_SYNC, withoutSync);
  expect(problems.length).toBeGreaterThan(SEEDS_WITHOUT_SYNC / 2);
}, 120_000);
