import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Command, CommanderError, type Option } from 'commander';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandError, EXIT } from '../../src/cli/exit.ts';
import { type ProgramDeps, programOf } from '../../src/cli/program.ts';
import { MOST_WORD } from '../../src/cli/words.ts';

const ENTRY = join(import.meta.dirname, '../../src/cli/sallyport.ts');
const HUGE = 'x'.repeat(MOST_WORD + 1);

interface Ended {
  /** Null: it would have been done. */
  readonly code: number | null;
  readonly told: string;
}

/** Reads a command line as the entry does, with nothing behind the commands. What is thrown that is no usage mistake is thrown on. */
async function read(words: readonly string[]): Promise<Ended> {
  let told = '';
  const nowhere = { version: '0', out: () => undefined, err: (text: string) => (told += text), surroundings: {} };
  try {
    const program = await programOf(nowhere as unknown as ProgramDeps, words);
    for (const command of allOf(program)) if (command.commands.length === 0) command.action(() => undefined);
    await program.parseAsync([...words], { from: 'user' });
    return { code: null, told };
  } catch (error) {
    if (error instanceof CommandError) return { code: error.code, told: error.message };
    if (error instanceof CommanderError) return { code: error.exitCode === 0 ? EXIT.done : EXIT.usage, told };
    throw error;
  }
}

const allOf = (command: Command): readonly Command[] => command.commands.flatMap((child) => [child, ...allOf(child)]);
const takesValue = ({ required, optional }: Option): boolean => required || optional;

interface Leaf {
  /** Its words, with something in place of each argument and of each flag that it needs. */
  readonly words: readonly string[];
  readonly options: readonly Option[];
}

let leaves: readonly Leaf[];
let names: readonly string[];
beforeAll(async () => {
  const nowhere = { version: '0', out: () => undefined, err: () => undefined, surroundings: {} };
  const program = await programOf(nowhere as unknown as ProgramDeps);
  const leavesOf = (command: Command, path: readonly string[]): readonly Leaf[] =>
    command.commands.flatMap((child) => {
      const own = [...path, child.name()];
      if (child.commands.length > 0) return leavesOf(child, own);
      const needed = child.options.filter(({ mandatory }) => mandatory).flatMap(({ long }) => [long ?? '', 'x']);
      return [{ words: [...own, ...child.registeredArguments.map(() => 'x'), ...needed], options: [...child.options, ...program.options] }];
    });
  leaves = leavesOf(program, []);
  names = [
    ...new Set(allOf(program).map((command) => command.name())),
    ...new Set(leaves.flatMap(({ options }) => options.map(({ long }) => long ?? ''))),
  ];
});

/** Asks for every flag of every command; gives the command lines that did not end in a usage mistake told in clear lines. */
async function unclear(make: (leaf: Leaf, flag: string, option: Option) => readonly string[] | null): Promise<readonly string[]> {
  const wrong: string[] = [];
  let asked = 0;
  for (const leaf of leaves)
    for (const option of leaf.options) {
      const words =
        option.long === undefined || option.long === null || option.long === '--version' ? null : make(leaf, option.long, option);
      if (words === null) continue;
      asked += 1;
      const { code, told } = await read(words);
      if (code !== EXIT.usage || !isClear(told)) wrong.push(`${words.join(' ').slice(0, 200)} -> ${code} ${told.slice(0, 200)}`);
    }
  expect(asked).toBeGreaterThan(40);
  return wrong;
}

const isClear = (told: string): boolean => told.trim().length > 10 && told.length < 1000 && !/\n\s+at |\.ts:\d|[^\P{Cc}\n\t]/u.test(told);

describe('a command line', () => {
  it('that is right is taken, so that what follows tells mistakes from everything', async () => {
    expect(leaves.length).toBeGreaterThan(35);
    for (const { words } of leaves) expect(await read(words), words.join(' ')).toMatchObject({ code: null });
  });

  it('with a flag at its end that lacks its value is refused, each flag of each command', async () => {
    expect(await unclear(({ words }, flag, option) => (option.required ? [...words, flag] : null))).toEqual([]);
  });

  it('with another flag in place of a value is refused', async () => {
    expect(await unclear(({ words }, flag, option) => (option.required ? [...words, flag, '--json'] : null))).toEqual([]);
  });

  it('with a flag twice that means one thing is refused', async () => {
    const repeats = ({ parseArg }: Option): boolean => parseArg !== undefined;
    expect(
      await unclear(({ words }, flag, option) =>
        takesValue(option) && !repeats(option) && !words.includes(flag) ? [...words, flag, 'a', flag, 'b'] : null,
      ),
    ).toEqual([]);
  });

  it('with a flag that is misspelt is refused', async () => {
    expect(await unclear(({ words }, flag) => [...words, `${flag}x`])).toEqual([]);
  });

  it('with a value of more than 65,536 characters is refused', async () => {
    expect(await unclear(({ words }, flag, option) => (takesValue(option) ? [...words, flag, HUGE] : null))).toEqual([]);
  });

  it.each(['\0', '\u001b[2J', '\u0007', '\r', '\u009b31m', '\u007f'])(
    'with the control character %j in a value or a flag is refused, and not repeated',
    async (text) => {
      expect(
        await unclear(({ words }, flag, option) => (takesValue(option) ? [...words, flag, `a${text}b`] : [...words, `${flag}${text}`])),
      ).toEqual([]);
    },
  );

  it('with too many words, or an unknown command, is refused', async () => {
    for (const { words } of leaves) {
      const ended = await read([...words, ...Array.from({ length: 20 }, () => 'more'), '--nothing']);
      expect([words.join(' '), ended.code, isClear(ended.told)]).toEqual([words.join(' '), EXIT.usage, true]);
    }
    for (const word of ['serv', 'key', '--nothing', '-q', '\u202egnissim']) expect(await read([word])).toMatchObject({ code: EXIT.usage });
  });

  it('of any words is taken or is a usage mistake in clear lines, and nothing else', { timeout: 120_000 }, async () => {
    const word = fc.oneof(
      fc.nat().map((at) => names[at % names.length] ?? ''),
      fc.string({ maxLength: 30 }),
      fc.string({ unit: 'binary', maxLength: 10 }),
      fc.constantFrom('--', '-', '', '--=', '--data=', '-h', '__proto__', '--__proto__', '--constructor', 'constructor', '--no-json', HUGE),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 8 }), async (words) => {
        const { code, told } = await read(words);
        expect([null, EXIT.done, EXIT.usage]).toContain(code);
        if (code === EXIT.usage) expect(told).not.toMatch(/\n\s+at |\.ts:\d|[^\P{Cc}\n\t]/u);
      }),
      { numRuns: 1500 },
    );
  });
});

describe('the program itself', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sallyport-words-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each([
    [['status', '--data']],
    [['keys', 'list', '--data', '--json']],
    [['log', 'tail', '--data', 'a', '--data', 'b']],
    [['keys', 'create', 'x', '--rol', 'reader']],
    [['status', '--why', '\u001b[2Jgone']],
    [['check', HUGE]],
    [['\u001b]0;title\u0007']],
  ])('ends %j with 2 and a line that says why, and shows no stack', async (words) => {
    const ended = await new Promise<{ code: number; err: string }>((resolve) => {
      const child = execFile(process.execPath, [ENTRY, ...words], { cwd: folder, timeout: 60_000 }, (_error, _out, err) =>
        resolve({ code: child.exitCode ?? -1, err }),
      );
      child.stdin?.end();
    });
    expect([ended.code, isClear(ended.err)], ended.err).toEqual([2, true]);
  });
});
