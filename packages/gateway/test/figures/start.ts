import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Figure } from '../../../../tools/figures/runner/figure.ts';
import { callDatabase, type Demo, demoArgs, firstLineOf, signalDemo } from '../scenarios/demo-process.ts';
import { SDK_CLIENTS } from '../scenarios/sdk-client.ts';
import { type Outcome, RECEIVERS, SIGNALS } from '../scenarios/signal-harness.ts';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const COMMAND = 'npm run figures -- start';
const INSTALL_S = 180;
const FIRST_CALL_S = 15;
const SECOND_START_S = 5;
const GONE_MS = 2_000;

const run = promisify(execFile);

/**
 * A clean clone of HEAD with an empty home: install, first call of each era, second start, each signal. FIGURES_NODE_MODULES=copy takes the
 * packages of this working tree instead of installing them, for a machine without a registry; then there is no figure of the install.
 */
export async function* measurements(): AsyncGenerator<Figure> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-start-'));
  try {
    const demo = { root: join(folder, 'clone'), data: join(folder, 'data'), env: visitor(folder) };
    await run('git', ['clone', '--quiet', ROOT, demo.root]);
    yield* install(demo);
    yield* calls(demo);
    yield* signals(demo);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The environment of somebody who has only Node and npm. How npm reaches its registry belongs to the network and stays. */
function visitor(folder: string): NodeJS.ProcessEnv {
  const home = join(folder, 'home');
  mkdirSync(home);
  const { env } = process;
  const path = (env['PATH'] ?? '').split(delimiter).filter((entry) => !entry.includes('node_modules'));
  const network = Object.entries(env).filter(([name]) => /^(https?_proxy|no_proxy|node_extra_ca_certs|npm_config_registry)$/i.test(name));
  const userconfig = env['npm_config_userconfig'] ?? join(env['HOME'] ?? '', '.npmrc');
  return { PATH: path.join(delimiter), HOME: home, LANG: 'C.UTF-8', npm_config_userconfig: userconfig, ...Object.fromEntries(network) };
}

async function* install({ root, env }: Demo): AsyncGenerator<Figure> {
  if (process.env['FIGURES_NODE_MODULES'] === 'copy') {
    for (const folder of ['node_modules', 'packages/gateway/node_modules'])
      if (existsSync(join(ROOT, folder))) await run('cp', ['-a', join(ROOT, folder), join(root, folder)]);
    return;
  }
  const began = performance.now();
  await run('npm', ['ci'], { cwd: root, env, maxBuffer: 16 * 1024 * 1024 });
  yield atMost('start.install_s', secondsSince(began), INSTALL_S, 's');
}

async function* calls(demo: Demo): AsyncGenerator<Figure> {
  const first = [
    ['start.first_call_legacy_s', 'sdk 1.32.2'],
    ['start.first_call_legacy_v2_s', 'client 2.4.0 legacy'],
    ['start.first_call_modern_s', 'client 2.4.0 pinned to 2026-07-28'],
  ] as const;
  for (const [figure, client] of first) {
    rmSync(demo.data, { recursive: true, force: true });
    yield atMost(figure, await firstCall(demo, client), FIRST_CALL_S, 's');
  }
  const second = [await firstCall(demo, 'sdk 1.32.2'), await firstCall(demo, 'client 2.4.0 pinned to 2026-07-28')];
  yield atMost('start.second_start_first_call_s', Math.max(...second), SECOND_START_S, 's');
}

/** Seconds from `npm start` to the answer of a guarded call, of which the start of its server is a part. */
async function firstCall(demo: Demo, name: keyof typeof SDK_CLIENTS): Promise<number> {
  const began = performance.now();
  const npm = spawn('npm', demoArgs(demo.data), { cwd: demo.root, env: demo.env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  npm.stderr.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-2_000);
  });
  const exited = once(npm, 'exit').then(() => null);
  try {
    const told = (await Promise.race([once(createInterface({ input: npm.stdout }), 'line'), exited])) as [string] | null;
    const line = told === null ? null : firstLineOf(told[0]);
    if (line === null) throw new Error(`npm start printed ${told?.[0] ?? 'nothing'}: ${errors}`);
    const client = await SDK_CLIENTS[name](line);
    const called = await callDatabase(client);
    const seconds = secondsSince(began);
    if (called.isError || !called.text.includes('one')) throw new Error(`the call was answered: ${called.text.slice(0, 200)}`);
    await client.end();
    return seconds;
  } finally {
    if (npm.pid !== undefined && npm.exitCode === null) process.kill(-npm.pid, 'SIGTERM');
    await exited;
  }
}

async function* signals(demo: Demo): AsyncGenerator<Figure> {
  const outcomes: { readonly asked: boolean; readonly outcome: Outcome }[] = [];
  for (const signal of SIGNALS) {
    for (const receiver of RECEIVERS) {
      const outcome = await signalDemo(demo, { signal, receiver, endMs: 10_000 });
      if (!outcome.ready) throw new Error(`the demo did not start: ${outcome.stderr}`);
      outcomes.push({ asked: signal === 'SIGINT' || signal === 'SIGTERM', outcome });
    }
  }
  const wrong = outcomes.filter(({ asked, outcome }) => asked && outcome.code !== 0).length;
  const left = outcomes.reduce((sum, { outcome }) => sum + outcome.left.length, 0);
  const slowest = Math.max(...outcomes.map(({ outcome }) => outcome.goneAfterMs ?? Number.POSITIVE_INFINITY));
  yield exactly('start.signals_tried', outcomes.length, SIGNALS.length * RECEIVERS.length, 'signals');
  yield exactly('start.signals_processes_left', left, 0, 'processes');
  yield exactly('start.signals_int_term_exit_codes_not_0', wrong, 0, 'signals');
  yield atMost('start.signals_slowest_gone_ms', slowest, GONE_MS, 'ms');
}

const secondsSince = (began: number): number => (performance.now() - began) / 1000;

const atMost = (figure: string, value: number, most: number, unit: string): Figure => ({
  figure,
  value: Math.round(value * 100) / 100,
  unit,
  goal: `<= ${most}`,
  met: value <= most,
  command: COMMAND,
});

const exactly = (figure: string, value: number, goal: number, unit: string): Figure => ({
  figure,
  value,
  unit,
  goal: String(goal),
  met: value === goal,
  command: COMMAND,
});
