import type { Figure } from '../../../../tools/figures/runner/figure.ts';
import { seeded, storm } from '../config/storm.ts';

const FILES = 200;

/** Issue 3, figure 4: a storm of files, valid and broken at random, under load. */
export async function* measurements(): AsyncGenerator<Figure> {
  const command = 'npm run figures -- config';
  const { calls, failed, half, applied, refused } = await storm(FILES, seeded(200));
  const told = `${FILES} files (${applied} applied, ${refused} refused) during ${calls} calls`;
  yield {
    figure: `reload storm: failed calls, ${told}`,
    value: failed.length,
    unit: 'calls',
    goal: '0',
    met: failed.length === 0 && calls > FILES,
    command,
  };
  yield { figure: 'reload storm: half-applied states', value: half.length, unit: 'states', goal: '0', met: half.length === 0, command };
}
