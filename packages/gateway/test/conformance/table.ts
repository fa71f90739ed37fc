import { type Lane, laneName } from './lanes.ts';
import type { LaneReport } from './run-lane.ts';
import { isPassed, type Scenario } from './suite.ts';

const PROMISED: readonly string[] = [
  'server-session-lifecycle',
  'server-sse-polling',
  'json-schema-2020-12',
  'http-header-validation',
  'http-custom-header-server-validation',
];

/**
 * The unscored scenarios that are promised besides; the others are extensions that the fixtures do not offer, but for tasks, which have a lane of their own. A server on stdio has no stream that it
 * could close.
 */
export const isPromised = ({ upstream, tasks }: Lane, scenario: string): boolean =>
  tasks === true || (PROMISED.includes(scenario) && (upstream === 'http' || scenario !== 'server-sse-polling'));

export interface Counts {
  readonly scored: number;
  readonly scoredPassed: number;
  readonly promised: number;
  readonly promisedPassed: number;
  readonly checks: number;
  readonly checksFailed: number;
  readonly warnings: number;
}

export function countsOf({ lane, scenarios }: Pick<LaneReport, 'lane' | 'scenarios'>): Counts {
  const scored = scenarios.filter((scenario) => scenario.scored);
  const promised = scenarios.filter(({ name }) => isPromised(lane, name));
  const counted = [...scored, ...promised];
  const sum = (of: (scenario: Scenario) => number): number => counted.reduce((total, scenario) => total + of(scenario), 0);
  return {
    scored: scored.length,
    scoredPassed: scored.filter(isPassed).length,
    promised: promised.length,
    promisedPassed: promised.filter(isPassed).length,
    checks: sum(({ passed, failed }) => passed + failed),
    checksFailed: sum(({ failed }) => failed),
    warnings: sum(({ warned }) => warned),
  };
}

const HEAD = ['lane', 'scored', 'unscored', 'checks', 'warnings', 'forwarded and guarded', 'one tool denied'];

/** The table of all lanes, then what failed and why. */
export function tableOf(reports: readonly LaneReport[]): string {
  const rows = [HEAD, ...reports.map(rowOf)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [...lines, ...reports.flatMap(complaintsOf)].join('\n');
}

function rowOf(report: LaneReport): readonly string[] {
  const { lane, journal, denied } = report;
  const { scored, scoredPassed, promised, promisedPassed, checks, checksFailed, warnings } = countsOf(report);
  return [
    laneName(lane),
    `${scoredPassed}/${scored}`,
    `${promisedPassed}/${promised}`,
    `${checks - checksFailed}/${checks}`,
    String(warnings),
    journal.wrong.length === 0 ? `${journal.witnessed} of ${journal.witnessed}` : `${journal.wrong.length} wrong`,
    denied === null ? 'not run' : denied.length === 0 ? 'hidden' : `${denied.length} wrong`,
  ];
}

function complaintsOf({ lane, scenarios, journal, denied }: LaneReport): readonly string[] {
  const counted = scenarios.filter(({ scored, name }) => scored || isPromised(lane, name));
  const failed = counted.filter((scenario) => !isPassed(scenario) || scenario.warned > 0);
  const lines = [
    ...failed.flatMap((scenario) => [
      `  ${isPassed(scenario) ? 'warned' : 'failed'} ${scenario.name}`,
      ...scenario.complaints.slice(0, 3).map((complaint) => `    ${complaint}`),
    ]),
    ...journal.wrong.slice(0, 10).map((line) => `  journal: ${line}`),
    ...(denied ?? []).slice(0, 10).map((line) => `  denied: ${line}`),
  ];
  return lines.length === 0 ? [] : ['', laneName(lane), ...lines];
}
