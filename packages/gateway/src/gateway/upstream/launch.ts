import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { failure, type Result, success } from '../../base/result.ts';
import type { ProgramList } from '../../contracts/programs.ts';
import type { GatewayReason } from '../../contracts/reasons/gateway.ts';
import type { Launch } from '../../contracts/registration.ts';
import { refusalOf } from './allow-program.ts';
import { maskOf } from './mask.ts';
import { findProgram, type ProgramPlaces } from './program.ts';
import type { Reaper } from './reaper.ts';

export interface LaunchDeps extends ProgramPlaces {
  readonly lang: string;
  /** Scratch folders of servers stand below it. Absolute. */
  readonly scratch: string;
  readonly reaper: Reaper;
  /** What may be started now. */
  readonly programs: () => ProgramList;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running server: the leader of a process group of its own. */
export interface Child {
  readonly pid: number;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** For what it writes: without the values of its environment. */
  readonly mask: (line: string) => string;
  /** Resolves when the leader has ended. Never rejects. */
  readonly exited: Promise<Exit>;
  /** Closes stdin, then TERM, then KILL to the whole group; resolves when the leader has ended. */
  end(): Promise<void>;
}

/** MCP, stdio transport, shutdown: close stdin, wait, TERM, wait, KILL. */
const STDIN_GRACE_MS = 300;
const TERM_GRACE_MS = 1500;

// The child tells the reaper its group before it becomes the server: no instant exists in which a kill of the gateway leaves it behind. No shell does
// this, so that none is ever given what a registration says. Node ignores two signals, and what it executes would too: taking a listener away gives back
// their defaults.
const REGISTER = `const { closeSync, writeSync } = require('node:fs');
writeSync(3, 'add ' + process.pid + '\\n');
closeSync(3);
const none = () => {};
for (const signal of ['SIGPIPE', 'SIGXFSZ']) process.on(signal, none).off(signal, none);
process.execve(process.argv[1], process.argv.slice(1), process.env);`;

/**
 * The one function that starts servers (DESIGN section 4, "Children"). `name` labels the scratch folder, which is its HOME and working directory.
 * Of the gateway's environment nothing but PATH and LANG goes on. Nothing is started that is not on the list.
 */
export function launch(deps: LaunchDeps, name: string, program: Launch): Result<Child, GatewayReason> {
  const found = findProgram(program.command, program.args, deps);
  if (found === null) return failure('gateway.upstream_start_failed', `no program ${program.command}`);
  const refusal = refusalOf(found, program, deps.programs());
  if (refusal !== null) return failure('gateway.program_not_allowed', refusal);
  const home = join(deps.scratch, name);
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    const child = spawn(deps.node, ['--no-warnings', '-e', REGISTER, '--', ...found.argv], {
      cwd: home,
      env: { PATH: deps.path, HOME: home, LANG: deps.lang, ...program.env },
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe', deps.reaper.inlet],
    }) as ChildProcessByStdio<Writable, Readable, Readable>;
    return adopt(child, deps.reaper, maskOf(Object.values(program.env)));
  } catch (error) {
    return failure('gateway.upstream_start_failed', (error as Error).message);
  }
}

function adopt(
  child: ChildProcessByStdio<Writable, Readable, Readable>,
  reaper: Reaper,
  mask: Child['mask'],
): Result<Child, GatewayReason> {
  // EPIPE after the server closed its end is told by `exited`; an unheard error event would end the gateway.
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', () => {});
  child.on('error', () => {});
  const pid = child.pid;
  if (pid === undefined) return failure('gateway.upstream_start_failed', 'the process did not start');
  reaper.guard(pid);
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => {
      // Grandchildren of a leader that has gone would be nobody's.
      signalGroup(pid, 'SIGKILL');
      reaper.forget(pid);
      resolve({ code, signal });
    });
  });
  let ending: Promise<void> | null = null;
  const end = (): Promise<void> => {
    ending ??= endGroup(child, pid, exited);
    return ending;
  };
  return success({ pid, mask, stdin: child.stdin, stdout: child.stdout, stderr: child.stderr, exited, end });
}

async function endGroup(child: ChildProcessByStdio<Writable, Readable, Readable>, pid: number, exited: Promise<Exit>): Promise<void> {
  child.stdin.end();
  // A child that fills a pipe nobody reads cannot reach its end.
  child.stdout.resume();
  child.stderr.resume();
  if (!(await within(exited, STDIN_GRACE_MS))) {
    signalGroup(pid, 'SIGTERM');
    if (!(await within(exited, TERM_GRACE_MS))) signalGroup(pid, 'SIGKILL');
  }
  await exited;
  child.stdout.destroy();
  child.stderr.destroy();
}

async function within(exited: Promise<Exit>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const first = await Promise.race([exited.then(() => true as const), late]);
  clearTimeout(timer);
  return first;
}

function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch {
    // No such group any more: what was wanted.
  }
}
