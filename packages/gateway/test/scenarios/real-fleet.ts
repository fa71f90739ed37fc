import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '../../src/contracts/json.ts';
import { startTestGateway, type TestGateway } from './running-gateway.ts';
import { type Caller, modern, post, request, session, type Told, textOf } from './wire.ts';

/** A server as it is published, and one call of it that needs neither network nor browser. */
interface RealServer {
  readonly id: string;
  readonly era: 'legacy' | 'modern';
  readonly transport: (folder: string) => JsonObject;
  readonly sharing?: 'shared';
  readonly call: ((folder: string) => { readonly tool: string; readonly given: JsonObject; readonly says: string }) | null;
}

const stdio = (command: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): JsonObject => ({
  kind: 'stdio',
  launch: { command, args, env },
});
const DBHUB = { command: 'dbhub', args: ['--demo', '--transport', 'http', '--host', '127.0.0.1', '--port', '0'], env: {} };

/** The published servers that start without a network (their versions stand in package.json). */
export const REAL_SERVERS: readonly RealServer[] = [
  {
    id: 'everything',
    era: 'legacy',
    transport: () => stdio('mcp-server-everything'),
    call: () => ({ tool: 'echo', given: { message: 'hi' }, says: 'Echo: hi' }),
  },
  {
    id: 'filesystem',
    era: 'legacy',
    transport: (folder) => stdio('mcp-server-filesystem', [join(folder, 'sample')]),
    call: (folder) => ({ tool: 'read_text_file', given: { path: join(folder, 'sample', 'hello.txt') }, says: 'hello from a file' }),
  },
  {
    id: 'memory',
    era: 'legacy',
    transport: (folder) => stdio('mcp-server-memory', [], { MEMORY_FILE_PATH: join(folder, 'memory.jsonl') }),
    sharing: 'shared',
    call: () => ({ tool: 'read_graph', given: {}, says: 'entities' }),
  },
  {
    id: 'sequential-thinking',
    era: 'legacy',
    transport: () => stdio('mcp-server-sequential-thinking'),
    call: () => ({
      tool: 'sequentialthinking',
      given: { thought: 'one', nextThoughtNeeded: false, thoughtNumber: 1, totalThoughts: 1 },
      says: 'thoughtNumber',
    }),
  },
  { id: 'playwright', era: 'legacy', transport: () => stdio('playwright-mcp', ['--headless', '--isolated']), call: null },
  {
    id: 'chrome-devtools',
    era: 'legacy',
    transport: () => stdio('chrome-devtools-mcp', ['--headless', '--isolated'], { CHROME_DEVTOOLS_MCP_NO_USAGE_STATISTICS: '1' }),
    call: null,
  },
  { id: 'notion', era: 'legacy', transport: () => stdio('notion-mcp-server', [], { NOTION_TOKEN: 'none' }), call: null },
  {
    id: 'dbhub',
    era: 'modern',
    transport: () => ({ kind: 'streamable-http', local: { launch: DBHUB, tokenEnv: 'DBHUB_AUTH_TOKEN', path: '/mcp' } }),
    call: () => ({ tool: 'execute_sql', given: { sql: 'select 6*7 as answer' }, says: '42' }),
  },
  { id: 'context7', era: 'modern', transport: () => stdio('context7-mcp'), call: null },
];

/** What one server gave through the gateway. */
export interface FleetReport {
  readonly id: string;
  readonly era: string;
  /** Names as `/mcp` has them. */
  readonly tools: readonly string[];
  readonly prompts: readonly string[];
  readonly resources: number;
  readonly templates: number;
  /** Null where no call was made. */
  readonly called: boolean | null;
  /** What went wrong, in words. */
  readonly wrong: readonly string[];
}

/** Every server behind one gateway, asked on `/mcp` as a client of its own era would ask. */
export async function runFleet(onServer: (report: FleetReport) => void): Promise<readonly FleetReport[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-fleet-'));
  mkdirSync(join(folder, 'sample'));
  writeFileSync(join(folder, 'sample', 'hello.txt'), 'hello from a file');
  const gateway = await startTestGateway();
  const reports: FleetReport[] = [];
  try {
    const { text } = await gateway.key({ name: 'fleet', roles: ['reader'] });
    for (const server of REAL_SERVERS) {
      const report = await runServer(gateway, { mcp: gateway.mcp, key: text }, server, folder);
      onServer(report);
      reports.push(report);
    }
    return reports;
  } finally {
    await gateway.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function runServer(gateway: TestGateway, caller: Caller, server: RealServer, folder: string): Promise<FleetReport> {
  const { id, era } = server;
  const empty = { id, era, tools: [], prompts: [], resources: 0, templates: 0, called: null };
  const registered = await register(gateway, server, folder);
  if (registered !== null) return { ...empty, wrong: [registered] };
  const inside = era === 'legacy' ? await session(caller) : caller;
  const ask = (method: string, params: JsonObject = {}): Promise<Told> =>
    era === 'legacy'
      ? post(inside, request(`${id} ${method} ${JSON.stringify(params)}`, method, params))
      : modern(inside, 1, method, params);
  const wrong: string[] = [];
  const list = async (method: string, member: string, key: string): Promise<readonly string[]> => {
    const result = (await ask(method)).message?.['result'] as JsonObject | undefined;
    if (result === undefined) wrong.push(`${method} failed`);
    const missing = JSON.stringify((result?.['_meta'] as JsonObject | undefined)?.['sallyport/missing'] ?? []);
    if (missing.includes(`"${id}"`)) wrong.push(`${method}: missing ${missing}`);
    const items = (result?.[member] ?? []) as readonly JsonObject[];
    return items
      .map((item) => String(item[key]))
      .filter((name) => name.startsWith(`${id}__`) || name.startsWith(`${id}+`) || name.startsWith(`ui://${id}__`));
  };
  const tools = await everyTool(ask, id);
  if (tools.length === 0) wrong.push('it lists no tools');
  const prompts = await list('prompts/list', 'prompts', 'name');
  const resources = await list('resources/list', 'resources', 'uri');
  const templates = await list('resources/templates/list', 'resourceTemplates', 'uriTemplate');
  const called = server.call === null ? null : await makeCall(ask, id, server.call(folder), wrong);
  return { id, era, tools, prompts, resources: resources.length, templates: templates.length, called, wrong };
}

/** Null once it is there and everything of it may be read; else why not. */
async function register(gateway: TestGateway, { id, transport, sharing }: RealServer, folder: string): Promise<string | null> {
  const body = { id, transport: transport(folder), prompts: 'read', templates: 'read', resources: 'read', ...(sharing ? { sharing } : {}) };
  const made = await gateway.admin('POST', '/servers', body);
  if (made.status >= 300) return `registering: ${made.status} ${JSON.stringify(made.body).slice(0, 300)}`;
  for (const tool of made.body['tools'] as readonly JsonObject[]) {
    if (tool['state'] !== 'approved') continue;
    const set = await gateway.admin('POST', `/servers/${id}/approve`, { tool: tool['name'] ?? '', effect: 'read' });
    if (set.status >= 300) return `approving ${String(tool['name'])}: ${set.status}`;
  }
  return null;
}

async function everyTool(ask: (method: string, params?: JsonObject) => Promise<Told>, id: string): Promise<readonly string[]> {
  const names: string[] = [];
  let cursor: JsonObject = {};
  for (;;) {
    const result = ((await ask('tools/list', cursor)).message?.['result'] ?? {}) as JsonObject;
    names.push(...((result['tools'] ?? []) as readonly JsonObject[]).map(({ name }) => String(name)));
    if (typeof result['nextCursor'] !== 'string') return names.filter((name) => name.startsWith(`${id}__`));
    cursor = { cursor: result['nextCursor'] };
  }
}

async function makeCall(
  ask: (method: string, params?: JsonObject) => Promise<Told>,
  id: string,
  { tool, given, says }: ReturnType<NonNullable<RealServer['call']>>,
  wrong: string[],
): Promise<boolean> {
  const told = await ask('tools/call', { name: `${id}__${tool}`, arguments: given });
  const good = textOf(told).includes(says);
  if (!good) wrong.push(`${tool}: ${textOf(told).slice(0, 200)}`);
  return good;
}
