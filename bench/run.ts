/**
 * `npm run bench`: the direct upstream, the bare pass-through and Sallyport side by side (README.md beside this file).
 * Exit 0 measured, 1 a wrong answer or a target that failed, 2 wrong usage.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Era } from './answer.ts';
import type { SizeOption } from './call.ts';
import { compareEra, type Finding, type Plan } from './compare.ts';
import { type Earlier, earlierAt } from './earlier.ts';
import { machine, textOf } from './print.ts';

const ERAS: readonly Era[] = ['legacy', 'modern'];
const SIZES: readonly SizeOption[] = ['small', '16k', '16k-text', '16k-records'];

const USAGE = `npm run bench -- [--quick] [--era legacy|modern] [--c 1,16,64] [--size small,16k,16k-text,16k-records]
  [--seconds N] [--rounds N] [--rate 500] [--no-rate] [--sse] [--data DIR] [--postgres] [--json] [--sallyport COMMAND | --stand-in] [--against COMMIT]`;

class Usage extends Error {}

const positive = (text: string | undefined, fallback: number): number => {
  const value = text === undefined ? fallback : Number(text);
  if (!(value > 0 && value <= 10_000)) throw new Usage(`not a number that can be used: ${text}`);
  return value;
};

const oneOf = <Option extends string>(text: string, options: readonly Option[]): Option => {
  const found = options.find((option) => option === text);
  if (found === undefined) throw new Usage(`${text}: one of ${options.join(', ')} is expected`);
  return found;
};

const readOptions = () => {
  try {
    return parseArgs({
      options: {
        quick: { type: 'boolean', default: false },
        era: { type: 'string' },
        c: { type: 'string' },
        size: { type: 'string', default: 'small,16k' },
        seconds: { type: 'string' },
        rounds: { type: 'string' },
        rate: { type: 'string' },
        'no-rate': { type: 'boolean', default: false },
        sse: { type: 'boolean', default: false },
        data: { type: 'string' },
        postgres: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        sallyport: { type: 'string' },
        against: { type: 'string' },
        'stand-in': { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new Usage((error as Error).message);
  }
};

type Options = ReturnType<typeof readOptions>;

const planOf = (options: Options): Plan => {
  const concurrencies = (options.c ?? (options.quick ? '16' : '1,16,64')).split(',').map((text) => positive(text, 1));
  return {
    concurrencies,
    sizes: options.size.split(',').map((text) => oneOf(text, SIZES)),
    rounds: positive(options.rounds, options.quick ? 2 : 7),
    seconds: positive(options.seconds, options.quick ? 1 : 2),
    rate: positive(options.rate, 500),
    rateSizes: options['no-rate'] ? [] : ['small'],
  };
};

const commandOf = (options: Options): readonly string[] | null => {
  if (options['stand-in']) return null;
  if (options.sallyport !== undefined) return options.sallyport.split(' ').filter((word) => word !== '');
  return [process.execPath, fileURLToPath(new URL('sallyport.ts', import.meta.url)), ...(options.postgres ? ['--postgres'] : [])];
};

/** The data directory stands on the disk of the working tree: a temporary folder may be memory, where a sync costs nothing. */
const dataFolder = (options: Options): string => {
  const parent = options.data ?? fileURLToPath(new URL('../.sallyport', import.meta.url));
  mkdirSync(parent, { recursive: true });
  return mkdtempSync(join(parent, 'bench-'));
};

const report = (finding: Finding, asJson: boolean): void => {
  if (asJson) process.stdout.write(`${JSON.stringify(finding)}\n`);
  const text = textOf(finding);
  if (text !== null) (asJson ? process.stderr : process.stdout).write(`${text}\n`);
};

const describe = (finding: Finding): string | null =>
  finding.type === 'segment' && finding.errors > 0 ? `${finding.target}: ${finding.errors} wrong: ${finding.faults.join('; ')}` : null;

const runEra = async (era: Era, plan: Plan, options: Options, earlier: Earlier | null): Promise<readonly string[]> => {
  const data = dataFolder(options);
  const wrong: string[] = [];
  try {
    for await (const finding of compareEra(plan, {
      era,
      data,
      sallyport: commandOf(options),
      earlier: earlier?.command ?? null,
      sse: options.sse,
    })) {
      report(finding, options.json);
      const fault = describe(finding);
      if (fault !== null) wrong.push(fault);
    }
  } finally {
    for (const folder of [data, `${data}-earlier`]) rmSync(folder, { recursive: true, force: true });
  }
  return wrong;
};

const run = async (): Promise<number> => {
  const options = readOptions();
  const plan = planOf(options);
  const eras = options.era === undefined ? ERAS : [oneOf(options.era, ERAS)];
  const say = options.json ? process.stderr : process.stdout;
  say.write(`${new Date().toISOString()}  ${machine()}\n`);
  say.write('Upstream, pass-through, Sallyport and load generator are one process each on this machine, none pinned to a core.\n');
  if (options['stand-in']) say.write('Sallyport is NOT measured: a second pass-through stands in its place.\n');
  const wrong: string[] = [];
  const earlier = options.against === undefined ? null : earlierAt(options.against);
  try {
    for (const era of eras) wrong.push(...(await runEra(era, plan, options, earlier)));
  } finally {
    earlier?.drop();
  }
  for (const fault of wrong) process.stderr.write(`WRONG ANSWER ${fault}\n`);
  return wrong.length === 0 ? 0 : 1;
};

try {
  process.exitCode = await run();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  if (error instanceof Usage) process.stderr.write(`${USAGE}\n`);
  process.exitCode = error instanceof Usage ? 2 : 1;
}
