import { parseArgs } from 'node:util';
import { run } from './compare.ts';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string', default: '1' } } });
const seed = Number(values.seed);
const end = performance.now() + Number(values.seconds) * 1000;
const tally = run(seed, () => performance.now() >= end);

for (const disagreement of tally.disagreements) console.error(disagreement);
console.log(
  JSON.stringify({
    figure: 'protocol.parser_inputs_compared',
    value: tally.compared,
    unit: 'inputs',
    goal: 100_000,
    met: tally.disagreements.length === 0 && tally.compared >= 100_000,
    command: `node packages/gateway/test/fuzz/parser.ts --seconds ${values.seconds} --seed ${values.seed}`,
    accepted: tally.accepted,
    refused: Object.fromEntries([...tally.refused].sort()),
    disagreements: tally.disagreements.length,
  }),
);
process.exitCode = tally.disagreements.length === 0 ? 0 : 1;
