import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

export const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const;
export type TrialSignal = (typeof SIGNALS)[number];
/** Who gets the signal: the whole process group, as a terminal does it, or npm alone, as a service manager may. */
export const RECEIVERS = ['group', 'npm'] as const;
export type Receiver = (typeof RECEIVERS)[number];

export interface Trial {
  /** The folder whose package.json has the script. */
  readonly cwd: string;
  /** What follows `npm`, for example `['start', '--silent', '--', '--json']`. */
  readonly npmArgs: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly signal: TrialSignal;
  readonly receiver: Receiver;
  /** True for the line on stdout that says the server is up. */
  readonly isReady: (line: string) => boolean;
  /** What happens between that line and the signal. */
  readonly whenReady?: (line: string) => Promise<void>;
  readonly startMs: number;
  /** How long processes may outlive the signal. */
  readonly endMs: number;
}

export interface Outcome {
  readonly ready: boolean;
  /** How many processes there were when the signal was sent. */
  readonly family: number;
  /** npm's exit code, or null where a signal ended it. */
  readonly code: number | null;
  /** From the signal to the last process's end; null where some were left. */
  readonly goneAfterMs: number | null;
  /** Command lines of what still ran after `endMs`. The harness has killed them. */
  readonly left: readonly string[];
  readonly stderr: string;
}

/** Starts `npm ...` in a process group of its own, waits until it is ready, sends one signal and watches every descendant end. Linux. */
export async function trySignal(trial: Trial): Promise<Outcome> {
  const npm = spawn('npm', trial.npmArgs, { cwd: trial.cwd, env: trial.env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const { pid } = npm;
  if (pid === undefined) throw new Error('npm did not start');
  const errors = tailOf(npm);
  const exited = once(npm, 'exit').then(([code]) => code as number | null);
  const line = await firstLine(npm, trial);
  const ready = line !== null;
  if (line !== null) await trial.whenReady?.(line);
  const family = descendants(pid);
  const began = performance.now();
  if (ready) process.kill(trial.receiver === 'group' ? -pid : pid, trial.signal);
  const left = ready ? await waitForEnd(family, trial.endMs) : family;
  const goneAfterMs = left.length === 0 ? performance.now() - began : null;
  for (const member of left) endQuietly(member.pid);
  return { ready, family: family.length, code: await exited, goneAfterMs, left: left.map((member) => member.command), stderr: errors() };
}

interface Member {
  readonly pid: number;
  readonly parent: number;
  /** Clock ticks since boot: with the pid it names one process for good. */
  readonly startedAt: string;
  readonly command: string;
}

function tailOf(npm: ChildProcess): () => string {
  let text = '';
  npm.stderr?.on('data', (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-4_000);
  });
  return () => text;
}

async function firstLine(npm: ChildProcess, { isReady, startMs }: Trial): Promise<string | null> {
  if (npm.stdout === null) return null;
  const lines = createInterface({ input: npm.stdout });
  const line = new Promise<string | null>((resolve) => {
    lines.on('line', (text) => isReady(text) && resolve(text));
    lines.once('close', () => resolve(null));
  });
  const cancel = new AbortController();
  const late = sleep(startMs, null, { signal: cancel.signal }).catch(() => null);
  const ready = await Promise.race([line, late]);
  cancel.abort();
  return ready;
}

async function waitForEnd(family: readonly Member[], endMs: number): Promise<readonly Member[]> {
  const deadline = performance.now() + endMs;
  let left = family.filter(isAlive);
  while (left.length > 0 && performance.now() < deadline) {
    await sleep(25);
    left = left.filter(isAlive);
  }
  return left;
}

function descendants(root: number): readonly Member[] {
  const all = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? (read(Number(name)) ?? []) : []));
  const family = new Set([root]);
  for (let before = 0; before !== family.size; ) {
    before = family.size;
    for (const member of all) if (family.has(member.parent)) family.add(member.pid);
  }
  return all.filter((member) => family.has(member.pid));
}

const isAlive = (member: Member): boolean => read(member.pid)?.startedAt === member.startedAt;

// Null for what is gone, and for a zombie: it ended, and waits only for its parent to look.
function read(pid: number): Member | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    if (fields[0] === 'Z') return null;
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return { pid, parent: Number(fields[1]), startedAt: fields[19] ?? '', command };
  } catch {
    return null;
  }
}

function endQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself in between.
  }
}
