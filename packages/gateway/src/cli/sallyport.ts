import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommanderError } from 'commander';
import type { Logger } from '../base/log.ts';
import { VERSION } from '../base/version.ts';
import { askAtTerminal } from './ask.ts';
import type { LogWishes } from './commands/serve.ts';
import { demoSeed } from './demo-seed.ts';
import { CommandError, EXIT, type ExitCode } from './exit.ts';
import { logLines } from './log-lines.ts';
import { type ProgramDeps, programOf } from './program.ts';
import { sanitize } from './render/sanitize.ts';
import { onStop } from './signals.ts';
import { endQuietlyOnClosedPipe, type Terminal, terminal } from './terminal.ts';
import { traceTarget } from './trace-target.ts';

const { env } = process;
const HERE = dirname(fileURLToPath(import.meta.url));

/** Somebody is there to be asked. */
const interactive = process.stdin.isTTY === true && process.stdout.isTTY === true;
const SELF = { command: process.execPath, args: [resolve(HERE, '../../bin/sallyport.mjs')] };

const MACHINE = {
  path: env['PATH'] ?? '',
  lang: env['LANG'] ?? 'C.UTF-8',
  runtime: env['XDG_RUNTIME_DIR'] ?? tmpdir(),
  uid: process.getuid?.() ?? 0,
  node: process.execPath,
  packages: HERE,
};

let stopGateway = async (): Promise<void> => {};

const terminalFor = (json: boolean): Terminal => terminal(process, env, json);

/** Lines for operators go to stderr: JSON in a pipe, text on a terminal. Information is left out there: the live view shows it. */
function logTo(to: Terminal, wishes: () => LogWishes): Logger {
  const onTerminal = to.screen.width !== null;
  return logLines({
    wishes: () => ({ format: onTerminal ? 'text' : 'json', level: onTerminal ? 'warn' : 'info', ...wishes() }),
    now: () => Date.now(),
    write: (line) => to.tell(line),
  });
}

function shown(path: string): string {
  const near = relative(process.cwd(), path);
  return near.startsWith('..') || near === '' ? path : `./${near}`;
}

function stopWith(stop: () => Promise<void>): void {
  stopGateway = stop;
  void onStop(stop);
}

/** Loaded only where it is needed: the other commands start faster without it. */
const loadGateway = async () => (await import('../main.ts')).startGateway;

const deps: ProgramDeps = {
  version: VERSION,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  surroundings: { terminalFor, now: () => Date.now(), adding: { env, cwd: process.cwd(), ask: interactive ? askAtTerminal : null } },
  checking: {
    terminalFor,
    now: () => Date.now(),
    absolute: (path) => resolve(path),
    exists: (path) => existsSync(path),
    env,
    foundSomething: () => {
      process.exitCode = EXIT.refused;
    },
  },
  starting: {
    terminalFor,
    startGateway: loadGateway,
    demoSeed,
    machine: MACHINE,
    logTo,
    traces: () => traceTarget(env),
    absolute: (path) => resolve(path),
    exists: (path) => existsSync(path),
    env,
    shown,
    onStop: stopWith,
    self: SELF,
    exit: (code) => process.exit(code),
    startedByNpm: env['npm_lifecycle_event'] === 'start',
  },
  initialising: {
    terminalFor,
    startGateway: loadGateway,
    machine: MACHINE,
    absolute: (path) => resolve(path),
    shown,
    env,
    now: () => Date.now(),
    ask: interactive ? askAtTerminal : null,
  },
  printing: { terminalFor, absolute: (path) => resolve(path), self: SELF, key: env['SALLYPORT_KEY'] },
  examining: {
    terminalFor,
    now: () => Date.now(),
    absolute: (path) => resolve(path),
    uid: process.getuid?.() ?? 0,
    node: process.version,
    foundSomething: () => {
      process.exitCode = EXIT.refused;
    },
  },
  connecting: {
    input: process.stdin,
    output: process.stdout,
    tell: (line) => void process.stderr.write(`${line}\n`),
    key: env['SALLYPORT_KEY'],
    onStop: stopWith,
  },
};

function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommandError) {
    const json = process.argv.includes('--json');
    process.stderr.write(
      json ? `${JSON.stringify({ error: { message: error.message, ...error.facts } })}\n` : `sallyport: ${error.message}\n`,
    );
    return error.code;
  }
  // Commander has said what is wrong; help and version are no mistakes.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  const detail = error instanceof Error ? error.message : String(error);
  process.stderr.write(`sallyport: this should not happen: ${sanitize(detail)}\n`);
  return EXIT.refused;
}

endQuietlyOnClosedPipe(process, () => void stopGateway().finally(() => process.exit(EXIT.done)));
try {
  await (await programOf(deps, process.argv.slice(2))).parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
  // A start that failed half way may have left something that keeps the process alive.
  process.exit();
}
