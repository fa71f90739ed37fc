import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Ask } from '../../src/cli/ask.ts';
import type { Checking } from '../../src/cli/commands/check.ts';
import type { PrintingClients } from '../../src/cli/commands/clients.ts';
import type { Connecting } from '../../src/cli/commands/connect.ts';
import type { Examining } from '../../src/cli/commands/doctor.ts';
import type { Initialising } from '../../src/cli/commands/init.ts';
import type { Starting } from '../../src/cli/commands/serve.ts';
import { CommandError } from '../../src/cli/exit.ts';
import { programOf } from '../../src/cli/program.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import { FIXTURES, startTestGateway, type TestGateway } from '../scenarios/running-gateway.ts';

const ENTRY = join(import.meta.dirname, '../../src/cli/sallyport.ts');
const OBJECT = { type: 'object' };
const TOOLS = [
  { name: 'read_note', description: 'Reads a note.\u001b[2J\nAnd more.', inputSchema: OBJECT, annotations: { readOnlyHint: true } },
  { name: 'write_note', inputSchema: OBJECT, annotations: { readOnlyHint: true } },
  { name: 'delete_all', inputSchema: OBJECT, annotations: { readOnlyHint: true } },
  { name: 'frobnicate', inputSchema: OBJECT },
];

let folder: string;
let toolsFile: string;
let gateway: TestGateway;
let keyFile: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-add-'));
  toolsFile = join(folder, 'tools.json');
  gateway = await startTestGateway();
  keyFile = join(gateway.data, 'admin.key');
});
afterEach(async () => {
  for (const id of ['notes', 'other']) await gateway.admin('DELETE', `/servers/${id}`);
});
afterAll(async () => {
  await gateway.stop();
  rmSync(folder, { recursive: true, force: true });
});

const COMMAND = [process.execPath, join(FIXTURES, 'tool-server-stdio.ts'), '--tools-file'];

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface Way {
  readonly json?: boolean;
  readonly width?: number | null;
  readonly ask?: Ask;
}

/** The command in this process, with a terminal that keeps what it is told. */
async function run(args: readonly string[], { json = false, width = null, ask }: Way = {}): Promise<Ended> {
  const outs: string[] = [];
  const errs: string[] = [];
  const terminal: Terminal = {
    screen: { width, color: false },
    json,
    print: (text) => void outs.push(`${text}\n`),
    printJson: (value) => void outs.push(`${JSON.stringify(value)}\n`),
    tell: (text) => void errs.push(`${text}\n`),
  };
  const program = await programOf({
    version: '0',
    out: (text) => void outs.push(text),
    err: (text) => void errs.push(text),
    surroundings: {
      terminalFor: () => terminal,
      now: () => Date.now(),
      adding: { env: { TOKEN: 'sekret-of-the-test' }, cwd: folder, ask: ask === undefined ? null : async () => ask },
    },
    starting: {} as Starting,
    checking: {} as Checking,
    connecting: {} as Connecting,
    printing: {} as PrintingClients,
    initialising: {} as Initialising,
    examining: {} as Examining,
  });
  try {
    const argv = ['--url', gateway.running.adminUrl, '--key-file', keyFile, ...(json ? ['--json'] : []), 'servers', 'add', ...args];
    await program.parseAsync(argv, { from: 'user' });
    return { code: 0, out: outs.join(''), err: errs.join('') };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { code: error.code, out: outs.join(''), err: errs.join('') + error.message };
  }
}

const effects = async (id: string): Promise<Readonly<Record<string, string>>> => {
  const shown = await gateway.admin('GET', `/servers/${id}`);
  const tools = (shown.body['tools'] ?? []) as readonly JsonObject[];
  return Object.fromEntries(
    tools.map((tool) => [String(tool['name']), `${String(tool['effect'])}${tool['effectSet'] === true ? '' : ' unset'}`]),
  );
};

const offer = (tools: readonly object[] = TOOLS): readonly string[] => {
  writeFileSync(toolsFile, JSON.stringify(tools));
  return [...COMMAND, toolsFile];
};

/** A person who always answers so. */
const person = (answers: Partial<Ask>): Ask => ({
  text: async ({ initial }) => initial ?? '',
  confirm: async ({ initial }) => initial,
  one: async ({ initial }) => initial,
  many: async ({ initial }) => initial,
  ...answers,
});

describe('servers add', () => {
  it('only looks with --probe: it shows what is offered, believes nothing, registers nothing, and the look is recorded', async () => {
    const { out, code } = await run(['notes', '--probe', '--', ...offer()], { width: 200 });
    expect(code).toBe(0);
    expect(out).toMatch(/read_note +read +read +its server says so, and so does its name +Reads a note\.\\u\{1b\}\[2J/);
    expect(out).toMatch(/delete_all +read +destructive +its server says read, its name says destructive: the graver/);
    expect(out).toMatch(/frobnicate +nothing +destructive +neither/);
    expect(out).toContain('runs as the user of the gateway');
    expect((await gateway.admin('GET', '/servers/notes')).status).toBe(404);
    expect((await gateway.records()).map((item) => (item['record'] as JsonObject)['action'])).toContain('registry.server.probed');
  });

  it('registers with --yes what was said, and nothing that the server or its names propose', async () => {
    const ended = await run(['notes', '--yes', '--effect', 'read_note=read', '--env', 'TOKEN', '--', ...offer()]);
    expect(ended.code).toBe(0);
    expect(await effects('notes')).toEqual({
      read_note: 'read',
      write_note: 'destructive unset',
      delete_all: 'destructive unset',
      frobnicate: 'destructive unset',
    });
    expect(ended.out + ended.err).not.toContain('sekret-of-the-test');
  });

  it('registers what a person agrees to, as proposed', async () => {
    await run(['notes', '--', ...offer()], { width: 100, ask: person({}) });
    expect(await effects('notes')).toEqual({
      read_note: 'read',
      write_note: 'write',
      delete_all: 'destructive',
      frobnicate: 'destructive',
    });
  });

  it('registers what a person says of each tool', async () => {
    const asked: string[] = [];
    const ask = person({
      one: async () => 'change' as never,
      many: async ({ message }) => {
        asked.push(message);
        return (message.startsWith('Which only read') ? ['frobnicate'] : ['read_note', 'delete_all']) as never;
      },
    });
    await run(['notes', '--', ...offer()], { width: 100, ask });
    expect(asked).toHaveLength(2);
    expect(await effects('notes')).toEqual({ read_note: 'write', write_note: 'destructive', delete_all: 'write', frobnicate: 'read' });
  });

  it('registers nothing when a person says no', async () => {
    const { err } = await run(['notes', '--', ...offer()], { width: 100, ask: person({ one: async () => 'no' as never }) });
    expect(err).toContain('Nothing was registered');
    expect(await effects('notes')).toEqual({});
  });

  it('is refused where the server changed a tool between the look and the registration', async () => {
    const command = offer();
    const changing = person({
      one: async () => {
        offer(TOOLS.map((tool) => (tool.name === 'read_note' ? { ...tool, description: 'Now it does more.' } : tool)));
        return 'as-proposed' as never;
      },
    });
    const { code, err } = await run(['notes', '--', ...command], { width: 100, ask: changing });
    expect([code, await effects('notes')]).toEqual([1, {}]);
    expect(err).toContain('registry.tool.digest_differs');
  });

  it('is one object with --json: with --probe the offer and its proposals, with --yes the server', async () => {
    const probed = JSON.parse((await run(['notes', '--probe', '--', ...offer()], { json: true })).out);
    expect(probed.tools[2]).toMatchObject({
      name: 'delete_all',
      proposedEffect: 'read',
      proposal: { effect: 'destructive' },
      state: 'pending',
    });
    const added = JSON.parse((await run(['notes', '--yes', '--effect', 'read_note=read', '--', ...offer()], { json: true })).out);
    expect(added).toMatchObject({ id: 'notes', toolCounts: { approved: 4 } });
  });

  it("imports every server of a client's file, or the one that is named", async () => {
    const [command = '', ...args] = offer();
    const file = join(folder, 'mcp.json');
    writeFileSync(file, JSON.stringify({ mcpServers: { Notes: { command, args }, other: { command, args } } }));
    expect((await run([file, 'other', '--yes'])).code).toBe(0);
    expect(Object.keys(await effects('other'))).toHaveLength(4);
    expect(await effects('notes')).toEqual({});
    const both = await run([file, '--yes']);
    expect([both.code, Object.keys(await effects('notes')).length]).toEqual([1, 4]);
    expect(both.err).toContain('registry.server_taken');
  });

  it.each([
    ['nobody can be asked', 2, () => ['notes', '--', ...offer()], 'Nobody can be asked here'],
    ['an effect is misspelt', 2, () => ['notes', '--yes', '--effect', 'read_note=reads', '--', ...offer()], 'read, write or destructive'],
    [
      'an effect names no tool',
      1,
      () => ['notes', '--yes', '--effect', 'red_note=read', '--', ...offer()],
      'offers no tool red_note. It offers: read_note',
    ],
    ['the program is not there', 1, () => ['notes', '--yes', '--', 'no-such-program-anywhere'], 'gateway.upstream_start_failed'],
    ['the id is none', 1, () => ['No_Id', '--yes', '--', ...offer()], 'admin.request_invalid'],
  ] as const)('changes nothing where %s: exit %i', async (_why, code, args, text) => {
    const ended = await run(args());
    expect([ended.code, await effects('notes')]).toEqual([code, {}]);
    expect(ended.err).toContain(text);
  });

  it('warns of a package that is fetched anew at each start', async () => {
    const { warningsOf } = await import('../../src/cli/servers/offer-screen.ts');
    const of = (command: string, ...args: string[]): string =>
      warningsOf({ transport: { kind: 'stdio', command, args, env: [] }, tools: [] } as never).join();
    expect(of('npx', '-y', '@scope/server')).toContain('npx fetches @scope/server at each start');
    expect(of('/usr/bin/uvx', 'mcp-server-git')).toContain('fetches mcp-server-git');
    expect(of('npx', '-y', '@scope/server@1.2.3')).not.toContain('fetches');
    expect(of('node', 'server.js')).not.toContain('fetches');
  });
});

describe('servers add at a real terminal', () => {
  it('asks, and takes an answer from the keyboard', async () => {
    const line = [
      process.execPath,
      ENTRY,
      '--url',
      gateway.running.adminUrl,
      '--key-file',
      keyFile,
      'servers',
      'add',
      'notes',
      '--',
      ...offer(),
    ];
    const quoted = `stty cols 100 rows 40; ${line.map((word) => `'${word}'`).join(' ')}`;
    const args = process.platform === 'darwin' ? ['-q', '/dev/null', 'sh', '-c', quoted] : ['-qec', quoted, '/dev/null'];
    const child = spawn('script', args, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, TERM: 'xterm' } });
    let screen = '';
    child.stdout.on('data', (chunk: Buffer) => {
      screen += chunk.toString();
      if (/Register .*notes/.test(screen) && child.stdin.writable && !screen.includes('Registered')) child.stdin.write('\r');
    });
    const code = await new Promise((resolve) => child.once('exit', resolve));
    expect(screen).toContain('let me say what each tool does');
    expect([code, (await effects('notes'))['read_note']]).toEqual([0, 'read']);
    expect(screen).toContain('servers remove notes');
  }, 60_000);
});
