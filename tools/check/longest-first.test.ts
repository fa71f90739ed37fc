import { globSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LONGEST } from './longest-first.ts';

const ROOT = join(import.meta.dirname, '../..');

test.each(LONGEST)('%s is one file of tests', (name) => {
  expect(globSync(`packages/*/{src,test}/**/${name}.test.ts`, { cwd: ROOT })).toHaveLength(1);
});
