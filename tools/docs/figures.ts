import type { GroupRun, StoredRuns } from '../figures/runner/figure.ts';
import type { Project } from '../tidy/project.ts';
import { table } from './table.ts';

const BEGIN = '<!-- figures: written by npm run docs -->';
const END = '<!-- end of figures -->';

/** README.md with the table of the last stored run between its markers; as it is where it has no markers. */
export function readmeWithFigures(project: Project): string | null {
  const readme = project.texts.get('README.md');
  if (readme === undefined) return null;
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin < 0 || end < begin) return readme;
  const runs = JSON.parse(project.texts.get('docs/figures.json') ?? '{}') as StoredRuns;
  return `${readme.slice(0, begin + BEGIN.length)}\n${figuresTable(runs)}\n${readme.slice(end)}`;
}

function figuresTable(runs: StoredRuns): string {
  const groups = Object.entries(runs);
  if (groups.length === 0) return 'No run is stored yet.';
  const rows = groups.flatMap(([group, run]) =>
    run.figures.map((f) => [group, f.figure, `${f.value} ${f.unit}`.trim(), f.goal, f.met ? 'yes' : '**no**', run.date.slice(0, 10)]),
  );
  const machines = [...new Set(groups.map(([, run]) => machineOf(run)))];
  return `${table(['group', 'figure', 'value', 'goal', 'met', 'measured'], rows)}\n\nMeasured on ${machines.join('; ')}.`;
}

const machineOf = ({ machine }: GroupRun): string =>
  `${machine.cores} cores, ${machine.memoryGb} GB, ${machine.kernel}, Node ${machine.node}`;
