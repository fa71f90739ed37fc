import { describe, expect, it } from 'vitest';
import { LANES, laneName, OLDER_LANES } from './lanes.ts';
import { type LaneReport, runLane } from './run-lane.ts';
import { isPassed } from './suite.ts';
import { isPromised } from './table.ts';

const QUIET = { scenario: () => undefined };
const MINUTES = 60_000;

// The lanes over HTTP; `npm run conformance` runs those over stdio too.
describe.each(LANES.filter(({ upstream }) => upstream === 'http'))('the official suite, $revision over $upstream', (lane) => {
  let report: LaneReport;

  it(
    'runs through the gateway with every guard on',
    async () => {
      report = await runLane(lane, QUIET, true);
      expect(report.scenarios.length).toBeGreaterThan(30);
    },
    5 * MINUTES,
  );

  it('passes every scored scenario, and those beside that are promised [R4-01 partial: differential test] [R2-002 partial: the table of routes]', () => {
    const counted = report.scenarios.filter(({ scored, name }) => scored || isPromised(lane, name));
    expect(counted.filter((scenario) => !isPassed(scenario))).toEqual([]);
    expect(counted.length).toBe(lane.revision === '2025-11-25' ? 33 : 40);
  });

  it(`leaves an intent that passed each guard for every message that reached the server (${laneName(lane)})`, () => {
    expect(report.journal.wrong).toEqual([]);
    expect(report.journal.witnessed).toBeGreaterThan(5);
  });

  it('hides a denied tool from lists and calls, and changes nothing else', () => {
    expect(report.denied).toEqual([]);
  });
});

// An older revision is part of what the newer ones ask, so one tool denied shows nothing more.
describe.each(OLDER_LANES)('the official suite, $revision over $upstream', (lane) => {
  it(
    'passes every scenario that applies, and each message that reached the server has passed each guard [R2-002 partial: the table of routes]',
    async () => {
      const { scenarios, journal } = await runLane(lane, QUIET, false);
      expect(scenarios.filter((scenario) => !isPassed(scenario))).toEqual([]);
      expect(scenarios.length).toBe(lane.revision === '2025-03-26' ? 1 : 27);
      expect(journal.wrong).toEqual([]);
    },
    5 * MINUTES,
  );
});
