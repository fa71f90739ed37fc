import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Child, launch } from '../../src/gateway/upstream/launch.ts';
import { type Bench, eventually, isAlive, openBench } from '../fixtures/upstreams.ts';

const FAMILY = join(import.meta.dirname, '../fixtures/family-stdio.ts');

let bench: Bench;
beforeEach(() => {
  bench = openBench();
});
afterEach(() => bench.close());

const start = (command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Child => {
  const started = launch(bench.deps, 'child', { command, args, env, ofFile: true });
  if (!started.ok) throw new Error(started.detail);
  return started.value;
};

async function output(child: Child): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

describe('a child', () => {
  it('has PATH, HOME, LANG and what the registration names, and nothing else of the environment', async () => {
    const child = start('node', ['-e', 'console.log(JSON.stringify({ env: process.env, cwd: process.cwd() }))'], { EXTRA: 'yes' });
    const { env, cwd } = JSON.parse(await output(child)) as { env: Record<string, string>; cwd: string };
    expect(Object.keys(env).sort()).toEqual(['EXTRA', 'HOME', 'LANG', 'PATH']);
    expect(env['HOME']).toBe(join(bench.folder, 'servers', 'child'));
    expect(cwd).toBe(env['HOME']);
  });

  it('gets its arguments as they are, whatever a shell would make of them', async () => {
    const args = ['$(touch pwned)', '; exit 9', '`id`', '*', '', "it's", '--'];
    const child = start('node', ['-e', 'console.log(JSON.stringify(process.argv.slice(1)))', '--', ...args]);
    expect(JSON.parse(await output(child))).toEqual(args);
    expect(existsSync(join(bench.folder, 'servers', 'child', 'pwned'))).toBe(false);
  });

  it('inherits no descriptor of the gateway', async () => {
    const child = start('node', [
      '-e',
      "console.log(require('fs').readdirSync('/proc/self/fd').map((n) => { try { return require('fs').readlinkSync('/proc/self/fd/' + n) } catch { return '' } }).filter((l) => l.startsWith('socket:')).length)",
    ]);
    // stdin, stdout and stderr are socket pairs of Node's own making; a fourth would be the reaper's inlet.
    expect(Number(await output(child))).toBeLessThanOrEqual(3);
  });

  it('leads a process group of its own, and its descendants end with it', async () => {
    const child = start('node', [FAMILY]);
    const first: Buffer = await new Promise((resolve) => child.stdout.once('data', resolve));
    const grandchild = Number(first.toString());
    expect(isAlive(grandchild)).toBe(true);
    await child.end();
    await eventually(() => isGone(grandchild));
    expect(isGone(child.pid)).toBe(true);
  });

  it('has the signals that a program expects, whatever Node makes of its own', async () => {
    const child = start('/bin/cat', ['/proc/self/status']);
    const ignored = /SigIgn:\s*([0-9a-f]+)/.exec(await output(child))?.[1];
    expect(ignored).toBe('0000000000000000');
  });

  it('that ignores TERM is killed', async () => {
    const child = start('node', [FAMILY]);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    await child.end();
    expect(await child.exited).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it.each([
    ['a relative path', './evil'],
    ['no such program', 'no-such-program'],
    ['an absolute path that is none', '/no/such/program'],
    ['a name with a zero byte', 'node\0'],
    ['no name', ''],
  ])('is not started from %s', (_name, command) => {
    expect(launch(bench.deps, 'child', { command, args: [], env: {} })).toMatchObject({
      ok: false,
      reason: 'gateway.upstream_start_failed',
    });
  });
});

it('a reaper that was killed is replaced by one that knows the servers that run', async () => {
  const reapers = (): readonly number[] => descendants(process.pid).filter((pid) => commandOf(pid).includes('groups='));
  const child = start('node', [FAMILY]);
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const [old = 0] = reapers();
  process.kill(old, 'SIGKILL');
  await eventually(() => reapers().some((pid) => pid !== old));
  await bench.reaper.close();
  expect(await child.exited).toEqual({ code: null, signal: 'SIGKILL' });
});

describe('when the gateway is killed with SIGKILL', () => {
  let gateway: ChildProcess | null = null;
  afterEach(() => gateway?.kill('SIGKILL'));

  it('no server, no descendant of one and no reaper is left', async () => {
    gateway = spawn(process.execPath, [join(import.meta.dirname, '../fixtures/gateway-process.ts')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const line: Buffer = await new Promise((resolve) => gateway?.stdout?.once('data', resolve));
    const said = JSON.parse(line.toString()) as { started: boolean; folder: string };
    expect(said.started).toBe(true);
    const before = descendants(gateway.pid ?? 0);
    // The reaper, the stubborn server, the shell and its two sleeps.
    expect(before.length).toBeGreaterThanOrEqual(4);
    gateway.kill('SIGKILL');
    await eventually(() => before.every(isGone), 10_000);
    rmSync(said.folder, { recursive: true, force: true });
  });
});

/** Dead, or a zombie that nobody in this container collects. */
function isGone(pid: number): boolean {
  if (!isAlive(pid)) return true;
  const stat = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : '';
  return / Z /.test(stat);
}

function commandOf(pid: number): string {
  try {
    return execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    return '';
  }
}

function descendants(root: number): number[] {
  const rows = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((row) => row.trim().split(/\s+/).map(Number));
  const found = [root];
  for (const pid of found) for (const [child, parent] of rows) if (parent === pid && child !== undefined) found.push(child);
  return found.slice(1);
}
