import type { Figure } from '../../../../tools/figures/runner/figure.ts';
import { withoutSync } from '../faults/disk.ts';
import { prepareGround } from '../faults/journal.ts';
import { killGateway } from '../faults/kill-gateway.ts';
import { LOSSES_PER_SEED, surviveAll } from '../faults/power-loss.ts';

const KILLS = 200;
const SEEDS = 1000;
const SEEDS_WITHOUT_SYNC = 200;
const POWER = 'npm run figures -- audit';
const KILL = `node packages/gateway/test/faults/kill-gateway.ts --kills ${KILLS} --seed 1`;

/** Nothing that was acknowledged is lost, and nothing was forwarded without a record: by power losses in memory, then by real kills. */
export async function* measurements(): AsyncGenerator<Figure> {
  yield* powerLosses();
  yield* kills();
}

async function* powerLosses(): AsyncGenerator<Figure> {
  const ground = prepareGround();
  const exact = (figure: string, value: number, goal: number, unit: string): Figure => ({
    figure,
    value,
    unit,
    goal: String(goal),
    met: value === goal,
    command: POWER,
  });
  try {
    const lost = await surviveAll(ground.vault, SEEDS, (disk) => disk);
    yield exact('audit.power_losses', SEEDS * LOSSES_PER_SEED, SEEDS * LOSSES_PER_SEED, 'losses');
    yield exact('audit.power_loss_failures', lost.length, 0, 'seeds');
    const without = await surviveAll(ground.vault, SEEDS_WITHOUT_SYNC, withoutSync);
    const share = without.length / SEEDS_WITHOUT_SYNC;
    yield {
      figure: 'audit.power_loss_failures_without_sync',
      value: share,
      unit: 'of seeds',
      goal: '>= 0.5',
      met: share >= 0.5,
      command: POWER,
    };
  } finally {
    ground.clear();
  }
}

async function* kills(): AsyncGenerator<Figure> {
  const report = await killGateway(KILLS, 1);
  const row = (figure: string, value: number, unit: string, goal: string, met: boolean): Figure => ({
    figure,
    value,
    unit,
    goal,
    met,
    command: KILL,
  });
  const none = (figure: string, value: number, unit: string): Figure => row(figure, value, unit, '0', value === 0);
  for (const problem of report.problems) process.stderr.write(`${problem}\n`);
  const share = report.withOpenIntent / report.kills;
  yield row('audit.kills', report.kills, 'kills', `${KILLS}`, report.kills === KILLS);
  yield row('audit.kills_with_open_intent_share', share, 'of kills', '>= 0.9', share >= 0.9);
  const rarest = Math.min(...Object.values(report.stages));
  yield row('audit.kills_at_rarest_stage', rarest, 'kills', '>= 10', rarest >= 10);
  yield row('audit.acknowledged', report.answered, 'answers', '>= 1000', report.answered >= 1000);
  yield none('audit.acknowledged_missing', report.acknowledgedMissing, 'records');
  yield none('audit.forwarded_without_intent', report.forwardedWithoutIntent, 'calls');
  yield none('audit.forwarded_twice', report.forwardedTwice, 'calls');
  yield none('audit.open_intents_not_closed', report.openIntentsNotClosed, 'intents');
  yield none('audit.surviving_children', report.survivingChildren, 'processes');
  yield none('audit.other_problems', report.problems.length, 'problems');
}
