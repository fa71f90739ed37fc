import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { ChildOrder } from './gateway-child.ts';

/** What a gateway of its own process said when it had started, or why it did not. */
export type Said =
  | {
      readonly ok: true;
      readonly mcp: string;
      readonly admin: string;
      readonly key: string;
      readonly startMs: number;
      readonly loadMs: number;
    }
  | { readonly ok: false; readonly reason: string; readonly detail: string | null };

export interface GatewayProcess {
  readonly pid: number;
  /** Null where it ended before it said anything. */
  readonly said: Promise<Said | null>;
  /** SIGKILL; resolves with the processes that it had started when it has ended. */
  kill(): Promise<readonly number[]>;
  readonly ended: Promise<void>;
  /** Whether the signal has been sent. */
  killed(): boolean;
  /** What it wrote to its standard error. */
  errors(): string;
}

/** @param folder where the order is written; @param prefix what stands before `node`, such as a shell that sets limits. */
export function startProcess(folder: string, order: ChildOrder, prefix: readonly string[] = []): GatewayProcess {
  const file = join(folder, 'order.json');
  writeFileSync(file, JSON.stringify(order), { mode: 0o600 });
  const argv = [...prefix, process.execPath, join(import.meta.dirname, 'gateway-child.ts'), file];
  const child = spawn(argv[0] ?? '', argv.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
  const chunks: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let killed = false;
  return {
    pid: child.pid ?? 0,
    said: firstLine(child, ended),
    ended,
    killed: () => killed,
    errors: () => Buffer.concat(chunks).toString(),
    kill: async () => {
      // Not in one go: the callers of this process must go on until the very moment of the kill.
      const children = await descendants(child.pid ?? 0);
      killed = true;
      child.kill('SIGKILL');
      await ended;
      return children;
    },
  };
}

function firstLine(child: ChildProcess, ended: Promise<void>): Promise<Said | null> {
  let text = '';
  const line = new Promise<Said>((resolve) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const end = text.indexOf('\n');
      if (end !== -1) resolve(JSON.parse(text.slice(0, end)) as Said);
    });
  });
  // What was written before the end may be read after it.
  return Promise.race([line, ended.then(() => wait(200)).then(() => null)]);
}

/** Every process below this one. */
async function descendants(root: number): Promise<readonly number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid=,ppid=']);
  const rows = stdout
    .trim()
    .split('\n')
    .map((row) => row.trim().split(/\s+/).map(Number));
  const found = [root];
  for (const pid of found) for (const [child, parent] of rows) if (parent === pid && child !== undefined) found.push(child);
  return found.slice(1);
}

/** Those that still run after `ms`. A zombie that nobody collects has ended. */
export async function survivors(pids: readonly number[], ms: number): Promise<readonly number[]> {
  const end = Date.now() + ms;
  for (;;) {
    const left = pids.filter(runs);
    if (left.length === 0 || Date.now() > end) return left;
    await wait(50);
  }
}

/** A process as a person knows it. */
export function commandOf(pid: number): string {
  const file = `/proc/${pid}/cmdline`;
  return `${pid} ${existsSync(file) ? readFileSync(file, 'utf8').replaceAll('\0', ' ').slice(0, 200) : ''}`;
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : '';
  return !/ Z /.test(stat);
}
