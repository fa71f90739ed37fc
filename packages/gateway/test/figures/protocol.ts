import { measureParse } from '../../../../bench/strict-json.ts';
import type { Figure } from '../../../../tools/figures/runner/figure.ts';
import { run } from '../fuzz/compare.ts';

const SECONDS = 30;
const SEED = 1;
const INPUTS = 100_000;
const COMMAND = `node packages/gateway/test/fuzz/parser.ts --seconds ${SECONDS} --seed ${SEED}`;

/** The strict parser: every verdict like that of an independent one, and what a verdict costs. */
export async function* measurements(): AsyncGenerator<Figure> {
  yield* measureParse();
  const end = performance.now() + SECONDS * 1000;
  const { compared, disagreements } = run(SEED, () => performance.now() >= end);
  for (const disagreement of disagreements) process.stderr.write(`${String(disagreement)}\n`);
  const goal = `>= ${INPUTS}`;
  yield { figure: 'protocol.parser_inputs_compared', value: compared, unit: 'inputs', goal, met: compared >= INPUTS, command: COMMAND };
  const none = disagreements.length === 0;
  yield { figure: 'protocol.parser_disagreements', value: disagreements.length, unit: 'inputs', goal: '0', met: none, command: COMMAND };
}
