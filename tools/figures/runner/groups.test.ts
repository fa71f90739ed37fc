import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findGroups, loadGroup } from './groups.ts';

const RUN = fileURLToPath(new URL('./run.ts', import.meta.url));
const FIGURE = `{ figure: 'x', value: 1, unit: 's', goal: '<= 2', met: true, command: 'npm run figures -- good' }`;

let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'sallyport-figures-'));
  for (const folder of ['tools/figures/runner', 'packages/gateway/test/figures']) mkdirSync(join(root, folder), { recursive: true });
  const write = (path: string, text: string): void => writeFileSync(join(root, path), text);
  write('tools/figures/good.ts', `export async function* measurements() { yield ${FIGURE}; }`);
  write('tools/figures/good.test.ts', '');
  write('tools/figures/runner/run.ts', '');
  write('packages/gateway/test/figures/other.ts', 'export const figures = 1;');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

test('a file in either folder is a group; tests and the runner are none', () => {
  expect([...findGroups(root).keys()].sort()).toEqual(['good', 'other']);
});

test('a root without the folders has no groups', () => {
  expect(findGroups(join(root, 'nowhere')).size).toBe(0);
});

test('a group yields its figures', async () => {
  const group = await loadGroup(findGroups(root).get('good') ?? '');
  const figures: unknown[] = [];
  for await (const figure of group.measurements()) figures.push(figure);
  expect(figures).toMatchObject([{ figure: 'x', met: true }]);
});

test('a module that measures nothing is refused', async () => {
  await expect(loadGroup(findGroups(root).get('other') ?? '')).rejects.toThrow('measurements');
});

test('an unknown group is wrong usage', () => {
  const run = spawnSync(process.execPath, [RUN, 'no-such-group'], { encoding: 'utf8' });
  expect([run.status, run.stdout]).toEqual([2, '']);
  expect(run.stderr).toContain('no such group: no-such-group');
});
