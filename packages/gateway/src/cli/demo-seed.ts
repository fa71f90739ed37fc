import { join } from 'node:path';
import type { Seed } from '../contracts/running.ts';

type Effects = Readonly<Record<string, 'read' | 'write' | 'destructive'>>;

const effects = (read: string, write = '', destructive = ''): Effects =>
  Object.fromEntries([
    ...names(read).map((name) => [name, 'read'] as const),
    ...names(write).map((name) => [name, 'write'] as const),
    ...names(destructive).map((name) => [name, 'destructive'] as const),
  ]);

const names = (text: string): readonly string[] => text.split(' ').filter((name) => name !== '');

const EVERYTHING = effects(
  'echo get-sum get-env get-tiny-image get-annotated-message get-resource-links get-resource-reference get-structured-content trigger-long-running-operation gzip-file-as-resource simulate-research-query get-roots-list',
  'toggle-simulated-logging toggle-subscriber-updates trigger-sampling-request trigger-elicitation-request trigger-url-elicitation trigger-sampling-request-async trigger-elicitation-request-async',
);
const FILES = effects(
  'read_file read_text_file read_media_file read_multiple_files list_directory list_directory_with_sizes directory_tree search_files get_file_info list_allowed_directories',
  'write_file edit_file create_directory',
  'move_file',
);
const MEMORY = effects(
  'read_graph search_nodes open_nodes',
  'create_entities create_relations add_observations',
  'delete_entities delete_observations delete_relations',
);
/** Prompts and resources are there to be read. */
const READABLE = { prompts: 'read', templates: 'read', resources: 'read' } as const;
const DBHUB = effects('search_objects', '', 'execute_sql');

/** The demo: four real servers, each tool with its effect, a writer's key and one grant to something destructive. */
export function demoSeed(data: string): Seed {
  const sample = join(data, 'sample');
  return {
    servers: [
      { id: 'everything', title: 'MCP reference server', transport: stdio('mcp-server-everything', []), effects: EVERYTHING, ...READABLE },
      { id: 'files', title: 'A sample folder', transport: stdio('mcp-server-filesystem', [sample]), effects: FILES },
      // It writes one file from every process and loses acknowledged writes with two, so all callers share one.
      {
        id: 'memory',
        title: 'Knowledge graph',
        transport: stdio('mcp-server-memory', [], { MEMORY_FILE_PATH: join(data, 'memory.jsonl') }),
        sharing: 'shared',
        effects: MEMORY,
        resources: 'read',
      },
      { id: 'dbhub', title: 'Demo database', transport: dbhub(), effects: DBHUB },
    ],
    client: { name: 'demo-key', roles: ['writer'] },
    grants: ['dbhub__execute_sql'],
    samples: SAMPLES.map(([name, text]) => ({ path: join(sample, name), text })),
  };
}

const stdio = (command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) => ({
  kind: 'stdio',
  launch: { command, args, env },
});

/** Started by the gateway on a free loopback port behind a token of its own, so that it is no way round the gateway. */
function dbhub() {
  const args = ['--demo', '--transport', 'http', '--host', '127.0.0.1', '--port', '0'];
  return { kind: 'streamable-http', local: { launch: { command: 'dbhub', args, env: {} }, tokenEnv: 'DBHUB_AUTH_TOKEN', path: '/mcp' } };
}

const SAMPLES = [
  ['notes.md', '# Notes\n\nThis folder is what the server `files` may read and write. Ask your client to summarise it.\n'],
  ['reports/2026-q3.csv', 'region,units,returns\nnorth,1204,31\nsouth,987,12\neast,1410,44\nwest,1123,19\n'],
] as const;
