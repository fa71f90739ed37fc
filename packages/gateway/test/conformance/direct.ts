import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fixtureCommand, type Lane, runScenarios } from './lanes.ts';
import type { LaneReport, Progress } from './run-lane.ts';

/** The fixture of a lane on its own, while `use` runs. */
export async function withFixture<T>(lane: Lane, use: (url: string) => Promise<T>): Promise<T> {
  const { command, args } = fixtureCommand(lane);
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    return await use(`http://localhost:${await portOf(createInterface({ input: child.stdout }))}/mcp`);
  } finally {
    child.kill();
  }
}

/** The suite against the fixture of a lane without the gateway: what the gateway has to equal. Null for stdio, which the suite cannot speak. */
export async function runFixture(lane: Lane, progress: Progress): Promise<LaneReport | null> {
  if (lane.upstream === 'stdio') return null;
  const scenarios = await withFixture(lane, (url) => runScenarios(url, lane, (name) => progress.scenario(lane, name)));
  return { lane, scenarios, journal: { forwarded: 0, witnessed: 0, records: 0, wrong: [] }, denied: null };
}

async function portOf(lines: AsyncIterable<string>): Promise<number> {
  for await (const line of lines) {
    const port = /listening on 127\.0\.0\.1:(\d+)/.exec(line)?.[1];
    if (port !== undefined) return Number(port);
  }
  throw new Error('the fixture ended without listening');
}
