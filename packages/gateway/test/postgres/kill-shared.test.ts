import { expect, test } from 'vitest';
import { killShared } from './kill-shared.ts';

const KILLS = 4;

// `npm run figures -- storage` does 50.
test(`kill -9 of one of two gateways on one PostgreSQL, ${KILLS} times under load: nothing acknowledged is missing, no index twice or left out`, async () => {
  const report = await killShared(KILLS, 5);
  expect(report).toMatchObject({
    kills: KILLS,
    acknowledgedMissing: 0,
    wrongIndexes: 0,
    forwardedWithoutIntent: 0,
    forwardedTwice: 0,
    openIntentsNotClosed: 0,
    problems: [],
  });
  expect(report.withOpenIntent).toBeGreaterThanOrEqual(KILLS - 2);
  expect(report.answered).toBeGreaterThan(KILLS * 10);
}, 300_000);
