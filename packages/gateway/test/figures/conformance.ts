import type { Figure } from '../../../../tools/figures/runner/figure.ts';
import { LANES, type Lane, laneName, TASK_LANE } from '../conformance/lanes.ts';
import { runLane } from '../conformance/run-lane.ts';
import { countsOf, tableOf } from '../conformance/table.ts';

const command = 'npm run conformance';
/** Of the extension for tasks nothing is scored, and its server has not the tool that is denied. */
const EVERY: readonly Lane[] = [...LANES, TASK_LANE];

/** The official suite through the gateway with every guard on: issue 3, figure 1. */
export async function* measurements(): AsyncGenerator<Figure> {
  for (const lane of EVERY) {
    const report = await runLane(lane, { scenario: () => undefined }, true);
    process.stderr.write(`${tableOf([report])}\n`);
    const { scored, scoredPassed, promised, promisedPassed } = countsOf(report);
    const figure = (what: string, value: number, unit: string, goal: number): Figure => ({
      figure: `conformance.${what} (${laneName(lane)})`,
      value,
      unit,
      goal: String(goal),
      met: value === goal,
      command,
    });
    if (lane.tasks !== true) yield figure('scored', scoredPassed, 'scenarios', scored);
    yield figure('unscored', promisedPassed, 'scenarios', promised);
    yield figure('not_guarded', report.journal.wrong.length, `of ${report.journal.witnessed} forwarded messages`, 0);
    if (lane.tasks !== true) yield figure('denied_tool_shown', (report.denied ?? ['not run']).length, 'differences', 0);
  }
}
