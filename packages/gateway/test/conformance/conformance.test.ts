import { describe, expect, it } from 'vitest';
import { LANES, laneName } from './lanes.ts';
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

  it('passes every scored scenario, and those beside that are promised [R4-01 partial: differential test] [R2-002 partial: the suite on older revisions, the table of routes]', () => {
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
