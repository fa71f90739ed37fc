import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '../../src/contracts/json.ts';
import { FIXTURES, startTestGateway, type TestGateway } from '../scenarios/running-gateway.ts';
import { TOOLS } from './tool-matrix.ts';

/** A gateway before which every object of tool-matrix.ts stands as it says, made by the servers and verbs that make such things. */
export interface MatrixGateway {
  readonly gateway: TestGateway;
  /** The arguments' `text` of every call that reached a server. */
  forwarded(): readonly { readonly server: string; readonly tool: string; readonly cell: string }[];
  /** Stops it and starts it again on the same directory: what was counted is written then. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const OBJECT = { type: 'object', properties: { text: { type: 'string' } } };
const OLD_DIALECT = { $schema: 'http://json-schema.org/draft-04/schema#', type: 'object' };

/** Beyond the table: approved, and in need of what this gateway does not relay yet. */
export const TASKED = 'tasked';

function definition(name: string): JsonObject {
  const claims = { annotations: { readOnlyHint: true } };
  if (name === 'quarantined') return { name, inputSchema: OLD_DIALECT, ...claims };
  return { name, inputSchema: OBJECT, ...claims, ...(name === TASKED ? { execution: { taskSupport: 'required' } } : {}) };
}

const offered = (server: string): readonly string[] => [
  ...Object.values(TOOLS)
    .filter((tool) => tool.server === server)
    .map((tool) => tool.name),
  ...(server === 'files' ? [TASKED] : []),
];
const LATE = new Set(['pending', 'own-hidden']);

/** A server of the old era only, with one tool: who speaks the new one cannot reach it. */
export const OLD_SERVER = {
  id: 'old',
  sharing: 'shared',
  transport: { kind: 'stdio', launch: { command: 'mcp-server-memory', args: [] } },
  effects: { read_graph: 'read' },
};

export async function startMatrixGateway(more: readonly JsonObject[] = []): Promise<MatrixGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-matrix-'));
  const file = (server: string, kind: string): string => join(folder, `${server}-${kind}.json`);
  const offer = (server: string, tools: readonly JsonObject[]): void => writeFileSync(file(server, 'tools'), JSON.stringify(tools));
  const servers = ['files', 'mail', 'off'];
  for (const server of servers) {
    appendFileSync(file(server, 'calls'), '');
    offer(
      server,
      offered(server)
        .filter((name) => !LATE.has(name))
        .map(definition),
    );
  }
  const options = { data: join(folder, 'data'), servers: [...servers.map((server) => registration(server, file)), ...more] };
  let gateway = await startTestGateway(options);
  // What it offers from now on: two new tools, and one that is not what was approved.
  offer(
    'files',
    offered('files').map((name) => (name === 'changed' ? { ...definition(name), description: 'Now it is another.' } : definition(name))),
  );
  const refreshed = await gateway.admin('POST', '/servers/files/refresh', {});
  if (refreshed.status !== 200) throw new Error(`refresh: ${JSON.stringify(refreshed.body)}`);
  return {
    get gateway() {
      return gateway;
    },
    forwarded: () => servers.flatMap((server) => callsOf(server, file(server, 'calls'))),
    async restart() {
      await gateway.stop();
      gateway = await startTestGateway(options);
    },
    async stop() {
      await gateway.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function registration(id: string, file: (server: string, kind: string) => string): JsonObject {
  const args = [join(FIXTURES, 'tool-server-stdio.ts'), '--tools-file', file(id, 'tools'), '--call-log', file(id, 'calls')];
  const effects = Object.fromEntries(
    Object.values(TOOLS)
      .filter((tool) => tool.server === id && tool.effect !== null && !LATE.has(tool.name))
      .map((tool) => [tool.name, tool.effect]),
  );
  return {
    id,
    enabled: id !== 'off',
    sharing: 'shared',
    transport: { kind: 'stdio', launch: { command: process.execPath, args } },
    effects: { ...effects, ...(id === 'files' ? { [TASKED]: 'read' } : {}) },
  };
}

function callsOf(server: string, path: string): readonly { server: string; tool: string; cell: string }[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  return lines.map((line) => {
    const { name, arguments: given } = JSON.parse(line) as { name: string; arguments: { text?: string } };
    return { server, tool: name, cell: given.text ?? '' };
  });
}
