import type { Figure } from '../../../../tools/figures/runner/figure.ts';
import { BAD_BATCHES } from '../scenarios/bad-batches.ts';
import { BAD_BODIES, BAD_PARAMS } from '../scenarios/bad-bodies.ts';
import { BAD_HEADS } from '../scenarios/bad-heads.ts';
import { BAD_METHODS } from '../scenarios/bad-methods.ts';
import { type BadInput, judge, openStand, type Stand } from '../scenarios/bad-stand.ts';
import { AROUND, bytesTaken, CAP, NOT_HTTP, SLOW_BODIES, TOO_MUCH } from '../scenarios/bad-streams.ts';

const COMMAND = 'npm run figures -- gateway';
const INPUTS: readonly BadInput[] = [
  ...BAD_BODIES,
  ...BAD_BATCHES,
  ...BAD_PARAMS,
  ...BAD_METHODS,
  ...BAD_HEADS,
  ...TOO_MUCH,
  ...NOT_HTTP,
  ...SLOW_BODIES,
];

/** Figure 2: every bad input in every era it applies to, with all that has to be true of its answer. */
export async function* measurements(): AsyncGenerator<Figure> {
  const stand = await openStand();
  try {
    const { answered, wrong } = await judgeAll(stand);
    yield {
      figure: 'gateway.bad_inputs_answered',
      value: answered,
      unit: 'inputs x eras',
      goal: '>= 300',
      met: answered >= 300,
      command: COMMAND,
    };
    yield {
      figure: 'gateway.bad_inputs_wrong',
      value: wrong.length,
      unit: 'inputs x eras',
      goal: '0',
      met: wrong.length === 0,
      command: COMMAND,
    };
    for (const line of wrong) process.stderr.write(`${line}\n`);
    const over = await mostOverCap(stand);
    yield {
      figure: 'gateway.request_bytes_over_cap',
      value: over,
      unit: 'bytes, the head and what frames the chunks among them',
      goal: `<= ${MOST_OVER}`,
      met: over <= MOST_OVER,
      command: COMMAND,
    };
  } finally {
    await stand.stop();
  }
}

async function judgeAll(stand: Stand): Promise<{ readonly answered: number; readonly wrong: readonly string[] }> {
  const wrong: string[] = [];
  for (const [i, bad] of INPUTS.entries()) {
    const found = await judge(stand, bad, (i % 250) + 2);
    if (found.length > 0) wrong.push(`${bad.era} ${bad.name}: ${found.join('; ')}`);
  }
  return { answered: INPUTS.length - wrong.length, wrong };
}

/** One read of the socket, and what is not body. */
const MOST_OVER = 65_536 + AROUND;

async function mostOverCap(stand: Stand): Promise<number> {
  let most = 0;
  for (const bad of TOO_MUCH) most = Math.max(most, (await bytesTaken(() => judge(stand, bad, 252))).most - CAP);
  return most;
}
