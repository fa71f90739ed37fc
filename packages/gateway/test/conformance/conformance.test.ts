import { describe, expect, it } from 'vitest';
import { planOf } from '../../src/protocol/index.ts';
import { startTestGateway, toolServer, UNLIMITED } from '../scenarios/running-gateway.ts';
import { LANES, laneName, OLDER_LANES, TASK_LANE } from './lanes.ts';
import { REVISIONS, routesOf, UNIVERSE } from './routes.ts';
import { type LaneReport, runLane } from './run-lane.ts';
import { isPassed } from './suite.ts';
import { isPromised } from './table.ts';

const QUIET = { scenario: () => undefined };
const MINUTES = 60_000;
/** The revisions whose suite was passed by the tests above the last. */
const passed = new Set<string>();

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

  it('passes every scored scenario, and those beside that are promised [R4-01 part: conformance suite]', () => {
    const counted = report.scenarios.filter(({ scored, name }) => scored || isPromised(lane, name));
    expect(counted.filter((scenario) => !isPassed(scenario))).toEqual([]);
    expect(counted.length).toBe(lane.revision === '2025-11-25' ? 33 : 40);
    passed.add(lane.revision);
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
    'passes every scenario that applies, and each message that reached the server has passed each guard',
    async () => {
      const { scenarios, journal } = await runLane(lane, QUIET, false);
      expect(scenarios.filter((scenario) => !isPassed(scenario))).toEqual([]);
      expect(scenarios.length).toBe(lane.revision === '2025-03-26' ? 1 : 27);
      expect(journal.wrong).toEqual([]);
      passed.add(lane.revision);
    },
    5 * MINUTES,
  );
});

describe('the official scenarios of the tasks extension', () => {
  it(
    'pass through the gateway with every guard on, and each message that reached the server has an intent that passed each guard',
    async () => {
      const { scenarios, journal } = await runLane(TASK_LANE, QUIET, false);
      expect(scenarios.filter((scenario) => !isPassed(scenario))).toEqual([]);
      expect(scenarios.length).toBe(9);
      expect(journal.wrong).toEqual([]);
      expect(journal.witnessed).toBeGreaterThan(20);
    },
    5 * MINUTES,
  );
});

describe('the table of routes', () => {
  it(
    'is what is mediated: in each revision whose suite was passed a running gateway takes the requests of its table, each recorded, and knows no other [R2-002]',
    async () => {
      expect([...passed].sort()).toEqual([...REVISIONS]);
      const gateway = await startTestGateway({ servers: [toolServer('one')], settings: UNLIMITED });
      try {
        const caller = { mcp: gateway.mcp, key: (await gateway.key({ name: 'routes', roles: ['writer'] })).text };
        for (const revision of REVISIONS) {
          const mediated = UNIVERSE.filter((method) => {
            const plan = planOf(method, revision, 'client');
            return plan?.built === true && plan.kind === 'request';
          });
          const { taken, unrecorded } = await routesOf(caller, revision, gateway);
          expect([revision, taken]).toEqual([revision, mediated]);
          expect(unrecorded).toEqual([]);
        }
      } finally {
        await gateway.stop();
      }
    },
    MINUTES,
  );
});
