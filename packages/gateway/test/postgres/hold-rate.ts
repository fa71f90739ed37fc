import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { verifyTable } from '../../src/audit/postgres/verify-table.ts';
import { DEFAULT_TENANT } from '../../src/base/ids.ts';
import { type GatewayProcess, startProcess } from '../faults/gateway-process.ts';
import { startPostgres } from '../fixtures/postgres-server.ts';
import { opened } from '../fixtures/postgres-store.ts';
import { type Caller, modern } from '../scenarios/wire.ts';

/** What one principal was given that asked two gateways for more than its rate, one of which was killed meanwhile. */
export interface HeldRate {
  readonly offered: number;
  readonly accepted: number;
  /** In any 60 seconds, by the times of the records. */
  readonly mostInAMinute: number;
  /** Answers that were neither accepted nor 429, other than of a gateway that was being killed. */
  readonly strange: readonly string[];
}

const COPIED = ['keys', 'admin.key', 'client.key', 'planted'];
/** 240 a minute over both. */
const EVERY_MS = 250;

/** @param seconds how long is asked; a third of it in, one gateway is killed and started again */
export async function holdRate(seconds: number): Promise<HeldRate> {
  const server = await startPostgres();
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-rate-'));
  const processes: GatewayProcess[] = [];
  try {
    const postgres = await server.database();
    const start = async (name: string): Promise<Caller> => {
      const data = join(folder, name);
      mkdirSync(data, { recursive: true, mode: 0o700 });
      if (name === 'b')
        for (const file of COPIED) if (existsSync(join(folder, 'a', file))) cpSync(join(folder, 'a', file), join(data, file));
      const seed = { servers: [], client: { name: 'client', roles: ['reader' as const] }, grants: [] };
      const started = startProcess(folder, { data, settings: GUIDE_FOR_ONE_ADDRESS, seed, postgres });
      processes.push(started);
      const said = await started.said;
      if (said?.ok !== true) throw new Error(`it did not start: ${JSON.stringify(said)} ${started.errors()}`);
      return { mcp: said.mcp, key: said.key };
    };
    const callers = [await start('a'), await start('b')];
    const tally = await ask(callers, seconds, async () => {
      await processes[1]?.kill();
      callers[1] = await start('b');
    });
    return { ...tally, ...(await countRecords(postgres)) };
  } finally {
    for (const one of processes) await one.kill();
    await server.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

const until = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
/** The guide's 100 + 20; only the bound of an address is raised, because all of them come from one. */
const GUIDE_FOR_ONE_ADDRESS = {
  rate_limiting: { address_requests_per_minute: 1_000_000, progressive_delays: false },
  deviations: [
    { key: 'rate_limiting.address_requests_per_minute', value: 1_000_000, reason: 'one machine asks', until },
    { key: 'rate_limiting.progressive_delays', value: false, reason: 'the bound alone is measured', until },
  ],
};

async function ask(callers: readonly Caller[], seconds: number, kill: () => Promise<void>): Promise<Pick<HeldRate, 'offered' | 'strange'>> {
  const end = Date.now() + seconds * 1000;
  const strange: string[] = [];
  const asked: Promise<unknown>[] = [];
  const killing = wait((seconds * 1000) / 3).then(kill);
  for (let i = 0; Date.now() < end; i++) {
    const one = modern(callers[i % 2] as Caller, i, 'tools/list').then(
      ({ status, body }) => (status === 200 || status === 429 ? null : strange.push(`${status} ${body.slice(0, 200)}`)),
      () => null,
    );
    asked.push(one);
    await wait(EVERY_MS);
  }
  await killing;
  await Promise.all(asked);
  return { offered: asked.length, strange };
}

async function countRecords(url: string): Promise<Pick<HeldRate, 'accepted' | 'mostInAMinute'>> {
  const storage = await opened(url);
  const times: number[] = [];
  try {
    if (storage.postgres === null) throw new Error('not on PostgreSQL');
    await verifyTable(storage.postgres, DEFAULT_TENANT, ({ record }) => {
      if (record.kind === 'answer' && record.method === 'tools/list' && record.status !== 'refused') times.push(record.time);
    });
  } finally {
    await storage.close();
  }
  times.sort((a, b) => a - b);
  let [most, first] = [0, 0];
  for (const [last, time] of times.entries()) {
    while ((times[first] ?? time) <= time - 60_000) first++;
    most = Math.max(most, last - first + 1);
  }
  return { accepted: times.length, mostInAMinute: most };
}

if (import.meta.main) process.stdout.write(`${JSON.stringify(await holdRate(Number(process.argv[2] ?? 150)))}\n`);
