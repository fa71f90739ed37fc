// npm run conformance [-- --json] [--fixture] [--quick] [LANE...]   the official suite through the gateway; 1 when something promised fails.
// --fixture: against the fixture servers without the gateway. --quick: without the second run, in which one tool is denied.
import { runFixture } from './direct.ts';
import { LANES, type Lane, laneName, OLDER_LANES, TASK_LANE } from './lanes.ts';
import { type LaneReport, runLane } from './run-lane.ts';
import { countsOf, tableOf } from './table.ts';

const ALL = [...LANES, ...OLDER_LANES, TASK_LANE];
const USAGE = `usage: npm run conformance [-- [--json] [--quick] [--fixture] [LANE...]]; a lane is ${ALL.map((lane) => `"${laneName(lane)}"`).join(', ')}\n`;
const OPTIONS = ['--json', '--quick', '--fixture'];

async function main(args: readonly string[]): Promise<number> {
  const asked = args.filter((arg) => !arg.startsWith('--'));
  const lanes = ALL.filter((lane) => asked.length === 0 || asked.includes(laneName(lane)));
  if (args.some((arg) => arg.startsWith('--') && !OPTIONS.includes(arg)) || lanes.length < Math.max(asked.length, 1)) {
    process.stderr.write(USAGE);
    return 2;
  }
  const reports: LaneReport[] = [];
  for (const lane of lanes) {
    const report = args.includes('--fixture') ? await runFixture(lane, PROGRESS) : await runLane(lane, PROGRESS, !args.includes('--quick'));
    if (report !== null) reports.push(report);
  }
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  process.stdout.write(args.includes('--json') ? `${JSON.stringify(reports)}\n` : `${tableOf(reports)}\n`);
  return reports.every(isGood) ? 0 : 1;
}

const isGood = (report: LaneReport): boolean => {
  const { journal, denied } = report;
  const { scored, scoredPassed, promised, promisedPassed } = countsOf(report);
  return scored === scoredPassed && promised === promisedPassed && journal.wrong.length === 0 && (denied ?? []).length === 0;
};

/** On a terminal one line that changes, elsewhere a line for each scenario. */
const PROGRESS = {
  scenario: (lane: Lane, name: string): void => {
    const line = `${laneName(lane)}: ${name}`;
    process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${line}` : `${line}\n`);
  },
};

process.exitCode = await main(process.argv.slice(2));
