import { checkDenied } from './denied.ts';
import { allRecords, checkJournal, type JournalVerdict } from './journal-check.ts';
import { DENIED_SCENARIO, DENIED_TOOL, type Lane, openLane, runThrough } from './lanes.ts';
import { isPassed, type Scenario } from './suite.ts';

/** All that was measured of one lane. */
export interface LaneReport {
  readonly lane: Lane;
  readonly scenarios: readonly Scenario[];
  readonly journal: JournalVerdict;
  /** What is wrong with the run in which one tool is denied; empty where it is hidden and nothing else changed. Null where it was not run. */
  readonly denied: readonly string[] | null;
}

export interface Progress {
  scenario(lane: Lane, name: string): void;
}

/** The suite through a lane with every guard on, then with one tool denied. */
export async function runLane(lane: Lane, progress: Progress, withDenied: boolean): Promise<LaneReport> {
  const stand = await openLane(lane);
  let scenarios: readonly Scenario[];
  let journal: JournalVerdict;
  try {
    scenarios = await runThrough(stand, lane, (name) => progress.scenario(lane, name));
    journal = checkJournal(await allRecords(stand.gateway), stand.witnesses());
  } finally {
    await stand.stop();
  }
  return { lane, scenarios, journal, denied: withDenied && lane.tasks !== true ? await runDenied(lane, scenarios, progress) : null };
}

async function runDenied(lane: Lane, before: readonly Scenario[], progress: Progress): Promise<readonly string[]> {
  const stand = await openLane(lane, [DENIED_TOOL]);
  try {
    const after = await runThrough(stand, lane, (name) => progress.scenario(lane, `${name} (one tool denied)`));
    const journal = checkJournal(await allRecords(stand.gateway), stand.witnesses());
    return [...changes(before, after), ...journal.wrong, ...(await checkDenied(stand, lane))];
  } finally {
    await stand.stop();
  }
}

/** The scenario of the denied tool must fail, and every other go as before. */
function changes(before: readonly Scenario[], after: readonly Scenario[]): readonly string[] {
  const passed = new Map(before.map((scenario) => [scenario.name, isPassed(scenario)]));
  return after.flatMap((scenario) => {
    const now = isPassed(scenario);
    if (scenario.name === DENIED_SCENARIO) return now ? [`${DENIED_SCENARIO} passes although its tool is denied`] : [];
    return now === passed.get(scenario.name) ? [] : [`${scenario.name} ${now ? 'passes' : 'fails'} only while ${DENIED_TOOL} is denied`];
  });
}
