import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BAD_BODIES, BAD_PARAMS } from './bad-bodies.ts';
import { BAD_HEADS } from './bad-heads.ts';
import { BAD_METHODS } from './bad-methods.ts';
import { type BadInput, judge, openStand, type Stand } from './bad-stand.ts';

let stand: Stand;
beforeAll(async () => {
  stand = await openStand();
});
afterAll(() => stand.stop());

// Before authentication refusals are folded by address from the 61st in a minute on, so each input comes from another one.
let from = 1;
const next = (): number => (from = (from % 250) + 2);

const rows = (table: readonly BadInput[]) => table.map((bad) => [bad.era, bad.name, bad] as const);

describe.each([
  ['bodies', BAD_BODIES],
  ['params', BAD_PARAMS],
  ['methods', BAD_METHODS],
  ['heads', BAD_HEADS],
] as const)('bad %s get one exact answer, reach no server, are recorded, and the next call works', (_group, table) => {
  it.each(rows(table))('%s: %s', async (_era, _name, bad) => {
    expect(await judge(stand, bad, next())).toEqual([]);
  });
});
