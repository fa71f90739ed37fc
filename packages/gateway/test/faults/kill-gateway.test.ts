import { expect, test } from 'vitest';
import { killFirstStarts } from './kill-first-start.ts';
import { killGateway } from './kill-gateway.ts';

const KILLS = 8;

// `npm run figures -- audit` does 200.
test(`kill -9 of the whole gateway, ${KILLS} times under load: nothing acknowledged is missing, nothing was forwarded without its intent, nothing of it survives`, async () => {
  const report = await killGateway(KILLS, 11);
  expect(report).toMatchObject({
    kills: KILLS,
    underLoad: KILLS - 1,
    acknowledgedMissing: 0,
    forwardedWithoutIntent: 0,
    forwardedTwice: 0,
    openIntentsNotClosed: 0,
    survivingChildren: 0,
    problems: [],
  });
  expect(report.withOpenIntent).toBeGreaterThanOrEqual(KILLS - 2);
  expect(report.answered).toBeGreaterThan(KILLS * 10);
}, 300_000);

test('kill -9 at moments all over a first start leaves a directory that starts and has its keys and servers', async () => {
  expect(await killFirstStarts(6, 7)).toEqual([]);
}, 300_000);
