import type { Figure } from '../../../../tools/figures/runner/figure.ts';
import { holdRate } from '../postgres/hold-rate.ts';
import { killShared } from '../postgres/kill-shared.ts';

const KILLS = 50;
const SECONDS = 150;
const KILL = `node packages/gateway/test/postgres/kill-shared.ts --kills ${KILLS} --seed 1`;
const RATE = `node packages/gateway/test/postgres/hold-rate.ts ${SECONDS}`;

/** Two gateways on one PostgreSQL, one of them killed at random: nothing acknowledged is lost, and a principal has one budget. */
export async function* measurements(): AsyncGenerator<Figure> {
  const killed = await killShared(KILLS, 1);
  const none = (figure: string, value: number, unit: string, command = KILL): Figure => ({
    figure,
    value,
    unit,
    goal: '0',
    met: value === 0,
    command,
  });
  const least = (figure: string, value: number, unit: string, goal: number, command = KILL): Figure => ({
    figure,
    value,
    unit,
    goal: `>= ${goal}`,
    met: value >= goal,
    command,
  });
  yield least('storage.shared_kills', killed.kills, 'kills', KILLS);
  yield least('storage.shared_kills_with_open_intent', killed.withOpenIntent, 'kills', 0.9 * KILLS);
  yield least('storage.shared_acknowledged', killed.answered, 'answers', 1000);
  yield none('storage.shared_acknowledged_missing', killed.acknowledgedMissing, 'records');
  yield none('storage.shared_wrong_indexes', killed.wrongIndexes, 'logs');
  yield none('storage.shared_forwarded_without_intent', killed.forwardedWithoutIntent, 'calls');
  yield none('storage.shared_forwarded_twice', killed.forwardedTwice, 'calls');
  yield none('storage.shared_open_intents_not_closed', killed.openIntentsNotClosed, 'intents');
  yield none('storage.shared_other_problems', killed.problems.length, 'problems');
  const held = await holdRate(SECONDS);
  const { mostInAMinute: value } = held;
  yield { figure: 'storage.shared_most_in_a_minute', value, unit: 'requests', goal: '<= 120', met: value <= 120, command: RATE };
  yield least('storage.shared_accepted', held.accepted, 'requests', 200, RATE);
  yield none('storage.shared_strange_answers', held.strange.length, 'answers', RATE);
}
