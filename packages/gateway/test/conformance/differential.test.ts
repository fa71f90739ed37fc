import { describe, expect, it } from 'vitest';
import { withFixture } from './direct.ts';
import { LANES, type NewestLane, openLane } from './lanes.ts';
import { differences, runScript } from './script.ts';

const of = (step: string, ...paths: readonly string[]): readonly string[] => paths.map((path) => `${step}: ${path}`);
const each = (name: string): readonly string[] => ['name', 'title', 'version'].map((part) => `${name}.${part}`);

/** Every difference that the gateway makes for a client that is allowed everything. All else is the server's own, to the last member. */
const ANY: readonly string[] = [
  // What the gateway says itself, or says of a server's error, ends with the reference that finds its record.
  ...of('no method', 'message.error.data', 'message.error.message'),
  ...of('no resource', 'message.error.data.ref', 'message.error.message'),
  // Resources are listed in the order of their URI, so that a list is the same however its servers answer.
  ...['uri', 'name', 'description', 'mimeType'].flatMap((member) =>
    of('resources', `message.result.resources.0.${member}`, `message.result.resources.1.${member}`),
  ),
];

const SERVER_INFO = 'message.result._meta.io.modelcontextprotocol/serverInfo';

const DECLARED: Readonly<Record<NewestLane['revision'], readonly string[]>> = {
  // The gateway is who the client speaks to.
  '2025-11-25': [...ANY, ...of('initialize', ...each('message.result.serverInfo'))],
  '2026-07-28': [
    ...ANY,
    ...['discover', 'tools', 'prompts', 'resources', 'templates'].flatMap((step) => of(step, ...each(SERVER_INFO))),
    // A list is of what this caller may see now: nobody keeps it.
    ...['tools', 'prompts', 'resources', 'templates'].flatMap((step) => of(step, 'message.result.ttlMs')),
    ...of('test_missing_capability', 'message.error.data.ref'),
  ],
};

// A log message of the stateless era on stdio does not say which call it serves, and the process serves several principals: it reaches nobody.
const ON_STDIO: Readonly<Record<NewestLane['revision'], readonly string[]>> = {
  '2025-11-25': [],
  '2026-07-28': of('test_logging_tool', 'notifications'),
};

describe.each(LANES)('a client of $revision with the gateway before a server on $upstream', (lane) => {
  it('reads what it reads without it, but for what is declared [R4-01 part: differential test]', async () => {
    const direct = await withFixture({ ...lane, upstream: 'http' }, (mcp) => runScript({ mcp, key: 'none' }, lane.revision));
    const stand = await openLane(lane);
    try {
      const through = await runScript({ mcp: stand.mcp, key: stand.key }, lane.revision);
      const declared = [...DECLARED[lane.revision], ...(lane.upstream === 'stdio' ? ON_STDIO[lane.revision] : [])];
      expect(differences(direct, through)).toEqual(declared.sort());
    } finally {
      await stand.stop();
    }
  }, 90_000);
});
