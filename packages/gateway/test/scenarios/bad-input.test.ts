import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BAD_BATCHES } from './bad-batches.ts';
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
  ['batches', BAD_BATCHES],
  ['params', BAD_PARAMS],
  ['methods', BAD_METHODS],
  ['heads', BAD_HEADS],
] as const)('bad %s get one exact answer, reach no server, are recorded, and the next call works', (_group, table) => {
  it.each(rows(table))('%s: %s', async (_era, _name, bad) => {
    expect(await judge(stand, bad, next())).toEqual([]);
  });
});

describe('content types', () => {
  const only = (name: string): readonly BadInput[] => BAD_HEADS.filter((bad) => bad.name === name);

  it.each([
    ['content-type: multipart/form-data; boundary=x', 415],
    ['content-type: application/xml', 415],
    ['content-type: application/octet-stream', 415],
    ['content-type: left out', 415],
    ['text/plain from a page of another site', 403],
  ])('%s is refused with %i in both eras, before its body is read [R2-041]', async (name, status) => {
    const found = only(name);
    expect(found.map((bad) => [bad.era, bad.status])).toEqual([
      ['legacy', status],
      ['modern', status],
    ]);
    for (const bad of found) expect(await judge(stand, bad, next())).toEqual([]);
  });
});
