import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '../../src/contracts/json.ts';
import { startTestGateway, type TestGateway, UNLIMITED } from '../scenarios/running-gateway.ts';
import { openShim } from './shim.ts';
import { type NewestRevision, runSuite, runTaskScenarios, type Scenario, type SuiteRevision } from './suite.ts';
import { readWitness, type Witnesses } from './witnesses.ts';

/** One way through the gateway: a client of this revision, and a server of the same era over this transport. */
export interface Lane {
  readonly revision: SuiteRevision;
  readonly upstream: 'http' | 'stdio';
  /** The scenarios of the tasks extension, with a server that has it; absent: those that the revision asks for. */
  readonly tasks?: true;
}

export type NewestLane = Lane & { readonly revision: NewestRevision };

export const LANES: readonly NewestLane[] = [
  { revision: '2025-11-25', upstream: 'http' },
  { revision: '2025-11-25', upstream: 'stdio' },
  { revision: '2026-07-28', upstream: 'http' },
  { revision: '2026-07-28', upstream: 'stdio' },
];

/** Clients of the older stateful revisions, with the same server of 2025-11-25. */
export const OLDER_LANES: readonly Lane[] = [
  { revision: '2025-03-26', upstream: 'http' },
  { revision: '2025-06-18', upstream: 'http' },
];

/** The extension for tasks: its scenarios are unscored, and the server of the other lanes has none. */
export const TASK_LANE: Lane = { revision: '2026-07-28', upstream: 'http', tasks: true };

export const laneName = ({ revision, upstream, tasks }: Lane): string => `${revision} ${upstream}${tasks ? ' tasks' : ''}`;

/** The tool that the second run takes away, and the scenario that needs it. */
export const DENIED_TOOL = 'test_simple_text';
export const DENIED_SCENARIO = 'tools-call-simple-text';

const SERVER = 'fixture';
const FOLDER = join(import.meta.dirname, 'fixture');

/** A running gateway with the fixture of a lane behind it, and a client's key. */
export interface Stand {
  readonly gateway: TestGateway;
  readonly mcp: string;
  readonly key: string;
  readonly witnesses: () => Witnesses;
  stop(): Promise<void>;
}

/** @param denied tools that no policy permits: they are destructive and nobody was granted them. */
export async function openLane(lane: Lane, denied: readonly string[] = []): Promise<Stand> {
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-lane-'));
  const witness = join(dir, 'witness');
  const gateway = await startTestGateway({ servers: [], settings: UNLIMITED });
  const stop = async (): Promise<void> => {
    await gateway.stop();
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    await register(gateway, lane, witness);
    await setEffects(gateway, denied);
    const { text } = await gateway.key({ name: 'conformance', roles: ['writer'] });
    return { gateway, mcp: `${gateway.mcp}/${SERVER}`, key: text, witnesses: () => readWitness(witness), stop };
  } catch (fault) {
    await stop();
    throw fault;
  }
}

// Tools have their effects one by one, below.
const READABLE: JsonObject = { prompts: 'read', templates: 'read', resources: 'read' };

async function register(gateway: TestGateway, lane: Lane, witness: string): Promise<void> {
  const made = await gateway.admin('POST', '/servers', { id: SERVER, transport: transportOf(lane, witness), ...READABLE });
  if (made.status !== 201 && made.status !== 200) throw new Error(`registering the fixture: ${JSON.stringify(made.body)}`);
}

/** What starts the fixture of a lane. */
export const fixtureCommand = ({ revision, upstream, tasks }: Lane): { readonly command: string; readonly args: readonly string[] } => ({
  command: process.execPath,
  args: [join(FOLDER, `${tasks ? 'tasks' : revision === '2026-07-28' ? 'modern' : 'legacy'}-${upstream}.ts`)],
});

function transportOf(lane: Lane, witness: string): JsonObject {
  const { command, args } = fixtureCommand(lane);
  const launch = { command, args: [...args, '--witness', witness] };
  if (lane.upstream === 'stdio') return { kind: 'stdio', launch };
  return { kind: 'streamable-http', local: { launch, tokenEnv: 'CONFORMANCE_TOKEN', path: '/mcp' } };
}

// Everything may be read but what is denied: that stays destructive, which no role permits without a grant.
async function setEffects(gateway: TestGateway, denied: readonly string[]): Promise<void> {
  const shown = await gateway.admin('GET', `/servers/${SERVER}`);
  for (const tool of shown.body['tools'] as readonly JsonObject[]) {
    if (tool['kind'] !== 'tool' || denied.includes(String(tool['name']))) continue;
    const set = await gateway.admin('POST', `/servers/${SERVER}/approve`, { tool: tool['name'] ?? '', effect: 'read' });
    if (set.status !== 200) throw new Error(`the effect of ${String(tool['name'])}: ${JSON.stringify(set.body)}`);
  }
}

/** What a lane asks of a server, against `url`. */
export const runScenarios = (url: string, { revision, tasks }: Lane, onScenario: (name: string) => void): Promise<readonly Scenario[]> =>
  tasks ? runTaskScenarios(url, onScenario) : runSuite(url, revision, onScenario);

/** The suite against a lane's gateway, through the shim that puts the key in. */
export async function runThrough(stand: Stand, lane: Lane, onScenario: (name: string) => void): Promise<readonly Scenario[]> {
  const shim = await openShim(new URL(stand.gateway.mcp), stand.key);
  try {
    return await runScenarios(shim.url(new URL(stand.mcp).pathname), lane, onScenario);
  } finally {
    await shim.close();
  }
}
