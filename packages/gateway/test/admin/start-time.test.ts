import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type ProgramDeps, programOf } from '../../src/cli/program.ts';

const ROOT = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'sallyport-start-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What a command loads. None finds a gateway: each ends once everything that it needs is there. */
function loadedBy(...words: readonly string[]): readonly string[] {
  const hook = join(ROOT, 'test/fixtures/loaded-modules.ts');
  const ended = spawnSync(process.execPath, ['--import', hook, join(ROOT, 'src/cli/sallyport.ts'), ...words], {
    cwd: folder,
    input: '',
    encoding: 'utf8',
    timeout: 60_000,
  });
  return ended.stderr.split('\n').flatMap((line) => (line.startsWith('loaded ') ? [line.slice('loaded '.length)] : []));
}
const HEAVY = /\/node_modules\/(better-sqlite3[^/]*|@cedar-policy|fastify|pg|ajv|undici)\//;

describe('a command', () => {
  it.each([[['connect']], [['--help']], [['status']], [['keys', 'list']], [['log', 'tail']], [['connect', '--help']]] as const)(
    '%s loads no store, no policy engine and no server',
    (words) => {
      const loaded = loadedBy(...words);
      expect(loaded.some((url) => url.endsWith('/src/cli/program.ts'))).toBe(true);
      expect(loaded.filter((url) => HEAVY.test(url))).toEqual([]);
    },
    90_000,
  );

  it('that needs them loads them, so what is above is not an instrument that sees nothing', () => {
    expect(loadedBy('check', 'nowhere.yaml').some((url) => url.includes('/node_modules/@cedar-policy/'))).toBe(true);
  }, 90_000);

  it('has the same name, alias and description in the list as where it is defined', async () => {
    const nowhere = { version: '0', out: () => undefined, err: () => undefined } as unknown as ProgramDeps;
    const listed = async (words?: readonly string[]) =>
      (await programOf({ ...nowhere, surroundings: {} } as ProgramDeps, words)).commands.map((command) => [
        command.name(),
        command.aliases(),
        command.description(),
      ]);
    expect(await listed([])).toEqual(await listed());
  });
});
