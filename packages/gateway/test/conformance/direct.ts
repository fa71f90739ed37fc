import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fixtureCommand, type Lane } from './lanes.ts';
import type { LaneReport, Progress } from './run-lane.ts';
import { runSuite } from './suite.ts';

/** The suite against the fixture of a lane without the gateway: what the gateway has to equal. Null for stdio, which the suite cannot speak. */
export async function runFixture(lane: Lane, progress: Progress): Promise<LaneReport | null> {
  if (lane.upstream === 'stdio') return null;
  const { command, args } = fixtureCommand(lane);
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const port = await portOf(createInterface({ input: child.stdout }));
    const scenarios = await runSuite(`http://localhost:${port}/mcp`, lane.revision, (name) => progress.scenario(lane, name));
    return { lane, scenarios, journal: { forwarded: 0, witnessed: 0, records: 0, wrong: [] }, denied: null };
  } finally {
    child.kill();
  }
}

async function portOf(lines: AsyncIterable<string>): Promise<number> {
  for await (const line of lines) {
    const port = /listening on 127\.0\.0\.1:(\d+)/.exec(line)?.[1];
    if (port !== undefined) return Number(port);
  }
  throw new Error('the fixture ended without listening');
}
