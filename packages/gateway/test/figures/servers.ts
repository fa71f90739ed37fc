import type { Figure } from '../../../../tools/figures/runner/figure.ts';
import { REAL_SERVERS, runFleet } from '../scenarios/real-fleet.ts';

const command = 'npm run figures -- servers';
/** Several clients cut or refuse names of tools that are longer. */
const NAME_CHARS = 64;

/** Published servers behind one gateway: their lists, one call each where no network is needed, and names as clients see them. */
export async function* measurements(): AsyncGenerator<Figure> {
  const reports = await runFleet(({ id, era, tools, prompts, resources, templates, called, wrong }) => {
    const call = called === null ? 'not called' : called ? 'called' : 'call FAILED';
    const line = `${id} (${era}): ${tools.length} tools, ${prompts.length} prompts, ${resources} resources, ${templates} templates, ${call}`;
    process.stderr.write(`${[line, ...wrong].join('; ')}\n`);
  });
  const of = (era: string) => reports.filter((report) => report.era === era && report.wrong.length === 0).length;
  const wanted = (era: string) => REAL_SERVERS.filter((server) => server.era === era).length;
  for (const era of ['legacy', 'modern'] as const) {
    const goal = wanted(era);
    yield { figure: `servers.lists_given_${era}`, value: of(era), unit: 'servers', goal: `${goal}`, met: of(era) === goal, command };
  }
  const calls = REAL_SERVERS.filter(({ call }) => call !== null).length;
  const made = reports.filter(({ called }) => called === true).length;
  yield { figure: 'servers.calls_answered', value: made, unit: 'calls', goal: `${calls}`, met: made === calls, command };
  const names = reports.flatMap(({ tools }) => tools);
  const whole = names.filter((name) => name.length <= NAME_CHARS).length;
  yield {
    figure: 'servers.tool_names_within_64',
    value: whole,
    unit: `of ${names.length} names`,
    goal: `${names.length}`,
    met: whole === names.length && whole > 0,
    command,
  };
}
