import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { toolServer, UNLIMITED } from '../scenarios/running-gateway.ts';
import { modern } from '../scenarios/wire.ts';
import { seeded } from './disk.ts';
import { startProcess } from './gateway-process.ts';

/** A first start takes a second or two; later kills find it done. */
const LONGEST_MS = 2200;

/** Kills first starts on fresh directories, each at its own moment, and starts again; what was wrong with the second start, in words. */
export async function killFirstStarts(times: number, seed: number): Promise<readonly string[]> {
  const random = seeded(seed);
  const problems: string[] = [];
  for (let i = 0; i < times; i++) {
    const problem = await killOne(((i + random()) / times) * LONGEST_MS);
    if (problem !== null) problems.push(problem);
  }
  return problems;
}

async function killOne(afterMs: number): Promise<string | null> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-first-'));
  const order = {
    data: join(folder, 'data'),
    settings: UNLIMITED,
    seed: { servers: [toolServer('local')], client: { name: 'client', roles: ['writer'] as const }, grants: [] },
  };
  try {
    const first = startProcess(folder, order);
    await wait(afterMs);
    await first.kill();
    const second = startProcess(folder, order);
    const said = await second.said;
    const list = said?.ok === true ? await modern({ mcp: said.mcp, key: said.key }, 1, 'tools/list') : null;
    await second.kill();
    if (list?.body.includes('local__echo') === true) return null;
    return `killed after ${Math.round(afterMs)} ms: ${JSON.stringify(said)} ${list?.body ?? second.errors()}`;
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
