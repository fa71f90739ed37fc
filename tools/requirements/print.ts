// npm run requirements [-- --json] [--run]: what the tests of the last `npm test` prove. --run runs them first.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Requirement, type RowState, stateOfRows, testsOf } from './report.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const REPORT = join(ROOT, '.reports/tests.json');

function main(args: readonly string[]): number {
  if (args.includes('--run')) spawnSync(process.execPath, [join(ROOT, 'tools/check/test.ts')], { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (!existsSync(REPORT)) {
    process.stderr.write('no test report: run `npm test` first, or give --run\n');
    return 3;
  }
  const rows = JSON.parse(readFileSync(join(ROOT, 'docs/requirements.json'), 'utf8')) as readonly Requirement[];
  const states = stateOfRows(rows, testsOf(JSON.parse(readFileSync(REPORT, 'utf8')), ROOT));
  const date = statSync(REPORT).mtime.toISOString();
  process.stdout.write(
    args.includes('--json') ? `${JSON.stringify({ date, rows: states })}\n` : `${text(states)}\nby the test run of ${date}\n`,
  );
  return states.some((row) => row.state === 'failing') ? 1 : 0;
}

function text(states: readonly RowState[]): string {
  const byArea = [...Map.groupBy(states, (row) => row.area)].sort(([a], [b]) => (a < b ? -1 : 1));
  const parts = byArea.map(([area, rows]) => `${area}: ${counts(rows)}\n${rows.filter(isClaimed).map(line).join('')}`);
  return `${parts.join('')}\nall: ${counts(states)}`;
}

const isClaimed = (row: RowState): boolean => row.state !== 'not yet';

function line({ id, state, unproved, tests }: RowState): string {
  const rest = unproved.length > 0 ? ` (not proved: ${unproved.join('; ')})` : '';
  return `  ${id.padEnd(7)} ${state}${rest}  ${tests.join(', ')}\n`;
}

function counts(rows: readonly RowState[]): string {
  const by = Map.groupBy(rows, (row) => row.state);
  const all = ['proved', 'partial', 'failing', 'not yet'] as const;
  return all.flatMap((state) => (by.has(state) ? [`${by.get(state)?.length} ${state}`] : [])).join(', ');
}

process.exitCode = main(process.argv.slice(2));
