import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { isShell } from '../../src/base/shells.ts';
import { type FileGateway, startFromFile } from '../config/file-gateway.ts';
import { FIXTURES } from '../scenarios/running-gateway.ts';

interface Seen {
  readonly command: string;
  readonly args: readonly string[];
  readonly expected: 'refused' | 'literal';
  readonly became: string;
  readonly printed?: string;
}

/** One execve as the kernel saw it: the file and the first words of its arguments. */
interface Executed {
  readonly file: string;
  readonly line: string;
}

const DRIVER = join(import.meta.dirname, 'injection-driver.ts');
let folder = '';
let seen: readonly Seen[] = [];
let effects = { marked: true, started: true };
let executed: readonly Executed[] | null = null;

/** Whether this machine lets a process trace another: the kernel's own account of what was executed, where it can be had. */
function canTrace(): boolean {
  try {
    execFileSync('strace', ['-o', '/dev/null', '/bin/true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-injection-'));
  mkdirSync(join(folder, 'bin'));
  const trace = join(folder, 'trace');
  const run = [process.execPath, '--no-warnings', DRIVER, folder];
  const [program = '', ...args] = canTrace() ? ['strace', '-f', '-qq', '-s', '4096', '-e', 'trace=execve', '-o', trace, ...run] : run;
  const { stdout } = await promisify(execFile)(program, args, { maxBuffer: 10_000_000, timeout: 110_000 });
  ({ seen, ...effects } = JSON.parse(stdout) as typeof effects & { seen: readonly Seen[] });
  if (existsSync(trace)) executed = executedIn(readFileSync(trace, 'utf8'));
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function executedIn(trace: string): readonly Executed[] {
  return trace.split('\n').flatMap((line) => {
    const file = /execve\("([^"]*)"/.exec(line)?.[1];
    return file === undefined ? [] : [{ file, line }];
  });
}

describe('a hundred attempts at what starts servers [R2-036]', () => {
  it('are a hundred or more: metacharacters, shells, options that are code, variables that are', () => {
    expect(seen.length).toBeGreaterThanOrEqual(100);
    expect(seen.filter(({ expected }) => expected === 'literal').length).toBeGreaterThanOrEqual(40);
  });

  it('start nothing that is not on the list, and are told that they are not', () => {
    const wrong = seen.filter(
      ({ expected, became }) =>
        expected === 'refused' && !['gateway.program_not_allowed', 'gateway.upstream_start_failed'].includes(became),
    );
    expect(wrong).toEqual([]);
    // Where the program is there at all, it is the list that refuses it.
    expect(seen.filter(({ became }) => became === 'gateway.program_not_allowed').length).toBeGreaterThanOrEqual(35);
  });

  it('reach a program that may be started as they were written, to the byte', () => {
    for (const { args, expected, became, printed } of seen) {
      if (expected !== 'literal') continue;
      expect({ became, printed }).toEqual({ became: 'started', printed: JSON.stringify(args.slice(1)) });
    }
  });

  it('execute nothing: no recording program of PATH ran, and what every payload tries to make is not there', () => {
    expect(effects).toEqual({ marked: false, started: false });
  });

  it('never execute a shell, nor anything but Node, by the kernel’s own account where it can be had', () => {
    const own = (executed ?? []).filter(({ line }) => !line.includes("trap '' HUP INT TERM QUIT"));
    const names = new Set(own.map(({ file }) => basename(file)));
    // Where no process may trace another, the recording programs above are the account; there is none to compare then.
    expect([...names].filter((name) => name !== basename(process.execPath))).toEqual([]);
    expect(own.filter(({ file }) => isShell(file))).toEqual([]);
    // Each that was started is executed twice: as the one that registers with the reaper, and as itself.
    const started = seen.filter(({ became }) => became === 'started').length;
    if (executed !== null) expect(own.length).toBe(1 + 2 * started);
  });
});

describe('what may be started [R2-036 partial: execve trace]', () => {
  let gateway: FileGateway | null = null;
  afterEach(() => gateway?.end());
  const SERVER = join(FIXTURES, 'tool-server-stdio.ts');
  const stdio = (command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) => ({
    transport: { kind: 'stdio', launch: { command, args, env } },
    effects: { echo: 'read' },
  });
  const local = (command: string, args: readonly string[]) => ({
    transport: { kind: 'streamable-http', local: { launch: { command, args, env: {} }, tokenEnv: 'TOKEN', path: '/mcp' } },
  });

  it('is refused by name to whoever registers it, for stdio and for local HTTP, before anything runs, and the refusal is recorded', async () => {
    const running = await startFromFile('{}\n');
    gateway = running;
    for (const server of [
      stdio('/bin/sh', ['-c', 'true']),
      local('/bin/sh', ['-c', 'true']),
      stdio('node', ['-e', '1']),
      stdio('/bin/ls', []),
    ]) {
      for (const path of ['/servers', '/probes']) {
        const answer = await running.admin('POST', path, { id: 'evil', ...server });
        expect(answer.status).toBe(403);
        expect(answer.body['error']).toMatchObject({ reason: 'gateway.program_not_allowed', message: expect.stringContaining('programs') });
      }
    }
    const refusals = (await running.records()).filter((record) => JSON.stringify(record).includes('gateway.program_not_allowed'));
    expect(refusals.length).toBeGreaterThanOrEqual(4);
    expect((await running.admin('GET', '/servers')).body['items']).toEqual([]);
  }, 60_000);

  it('is what the file lists, once it lists anything: by program, argument and variable, and a change of the list holds from the next start on', async () => {
    const list = (args: string) => `programs:\n  - { program: ${process.execPath}, args: [${args}], env: [MODE] }\n`;
    const running = await startFromFile(list(`${JSON.stringify(SERVER)}, "--tools", "read:[0-9]"`));
    gateway = running;
    const add = async (id: string, args: readonly string[], env = {}) =>
      (await running.admin('POST', '/servers', { id, ...stdio(process.execPath, args, env) })).body['error'] ?? 'added';
    const named = (message: string) => ({ reason: 'gateway.program_not_allowed', message: expect.stringContaining(message) });
    expect(await add('one', [SERVER, '--tools', 'read:2'], { MODE: 'x' })).toBe('added');
    expect(await add('two', [SERVER, '--tools', 'read:22'])).toMatchObject(named('argument 3'));
    expect(await add('three', [SERVER, '--tools', 'read:2\n'])).toMatchObject(named('argument 3'));
    expect(await add('four', [SERVER], { OTHER: 'x' })).toMatchObject(named('OTHER'));
    // Installed beside the gateway, but the list does not have it.
    expect((await running.admin('POST', '/servers', { id: 'five', ...stdio('mcp-server-memory', []) })).status).toBe(403);
    running.write(list('"--nothing"'));
    expect((await running.admin('POST', '/config/reload')).status).toBe(200);
    expect((await running.admin('POST', '/servers/one/refresh', {})).body['error']).toMatchObject(named('argument 1'));
  }, 60_000);

  it('is what the file starts itself, list or none, but no shell and no variable that chooses code', async () => {
    const server = (more: string) =>
      `servers:\n  one:\n    command: ${process.execPath}\n    args: [${SERVER}]\n    effects: { echo: read }\n${more}`;
    const running = await startFromFile(`programs: []\n${server('')}`);
    gateway = running;
    expect((await running.admin('GET', '/servers/one')).status).toBe(200);
    const reload = async (text: string) => {
      running.write(text);
      return (await running.admin('POST', '/config/reload')).body['error'] as { readonly message: string };
    };
    expect((await reload(`${server('')}  two: { command: sh, args: ["-c", "true"] }\n`)).message).toContain('gateway.program_not_allowed');
    expect((await reload(server('    env: { LD_PRELOAD: /tmp/x.so }\n'))).message).toContain('LD_PRELOAD');
    // The administrator who may add servers is not the one who may write the file.
    const other = { id: 'two', ...stdio(process.execPath, [SERVER]) };
    expect((await running.admin('POST', '/servers', other)).body['error']).toMatchObject({ reason: 'gateway.program_not_allowed' });
    const ofFile = { id: 'two', transport: { kind: 'stdio', launch: { command: 'sh', args: [], env: {}, ofFile: true } } };
    expect((await running.admin('POST', '/servers', ofFile)).status).toBe(400);
  }, 60_000);
});
