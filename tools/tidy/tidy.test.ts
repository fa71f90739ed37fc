import { expect, test } from 'vitest';
import { printed, readOwnProject, tidy } from './tidy.ts';

test('the tree keeps its habits', () => {
  expect(tidy(readOwnProject()).map(printed)).toEqual([]);
}, 120_000);
