// npm run figures -- [--write] [GROUP...]   one JSON line a figure; 1 when one is not met, 2 for an unknown group.
// Without groups: all. --write keeps the run in docs/figures.json, from which `npm run docs` makes the README's table.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Figure, GroupRun, Machine, StoredRuns } from './figure.ts';
import { findGroups, loadGroup } from './groups.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const STORE = join(ROOT, 'docs/figures.json');

async function main(args: readonly string[]): Promise<number> {
  const groups = findGroups(ROOT);
  const asked = args.filter((arg) => arg !== '--write');
  const unknown = asked.filter((name) => !groups.has(name));
  if (unknown.length > 0) {
    process.stderr.write(`no such group: ${unknown.join(', ')}; there is ${[...groups.keys()].join(', ') || 'none yet'}\n`);
    return 2;
  }
  let met = true;
  for (const name of asked.length > 0 ? asked : groups.keys()) {
    const run = await measure(name, groups.get(name) ?? '');
    met &&= run.figures.every((figure) => figure.met);
    if (args.includes('--write')) store(name, run);
  }
  return met ? 0 : 1;
}

async function measure(name: string, path: string): Promise<GroupRun> {
  const figures: Figure[] = [];
  const tell = (figure: Figure): void => {
    figures.push(figure);
    process.stdout.write(`${JSON.stringify(figure)}\n`);
  };
  const date = new Date().toISOString();
  try {
    const group = await loadGroup(path);
    for await (const figure of group.measurements()) tell(figure);
  } catch (error) {
    process.stderr.write(`${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    tell({
      figure: `${name}: measured to its end`,
      value: 'failed',
      unit: '',
      goal: 'done',
      met: false,
      command: `npm run figures -- ${name}`,
    });
  }
  return { date, machine: machine(), figures };
}

const machine = (): Machine => ({
  cores: cpus().length,
  memoryGb: Math.round(totalmem() / 2 ** 30),
  kernel: `${type()} ${release().replace(/[-+].*$/, '')}`,
  node: process.version,
});

function store(name: string, run: GroupRun): void {
  const before = existsSync(STORE) ? (JSON.parse(readFileSync(STORE, 'utf8')) as StoredRuns) : {};
  const after = Object.fromEntries(Object.entries({ ...before, [name]: run }).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(STORE, `${JSON.stringify(after, null, 2)}\n`);
}

process.exitCode = await main(process.argv.slice(2));
