import { lstatSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { silentLogger } from '../../base/log.ts';
import { followReferences, type Mistake, readConfigFile, tellMistake } from '../../config/index.ts';
import type { Ask } from '../ask.ts';
import type { GlobalOptions } from '../connection.ts';
import { CommandError, EXIT } from '../exit.ts';
import { fileText } from '../init/file-text.ts';
import { type InitFlags, type Wishes, wishesOf } from '../init/wishes.ts';
import { sanitize } from '../render/sanitize.ts';
import { facts } from '../render/table.ts';
import type { Terminal } from '../terminal.ts';
import { CONFIG_FILE } from './check.ts';
import type { Starting } from './serve.ts';

export interface Initialising extends Pick<Starting, 'terminalFor' | 'startGateway' | 'machine' | 'absolute' | 'shown' | 'env'> {
  readonly now: () => number;
  /** Null where nobody can be asked. */
  readonly ask: (() => Promise<Ask>) | null;
}

interface Options extends GlobalOptions, InitFlags {
  readonly config: string;
  readonly yes: boolean;
}

export function initCommand(program: Command, initialising: Initialising): void {
  program
    .command('init')
    .description('ask what is wanted, write a configuration file with comments, make the data directory and the first key')
    .option('--config <file>', 'the file to write; one that is there is never changed', CONFIG_FILE)
    .option('--reach <who>', 'machine (clients here) or network (clients elsewhere, with --name and a certificate)')
    .option('--port <n>', 'for clients')
    .option('--admin-port <n>', 'for administration')
    .option(
      '--name <host>',
      'a host by which clients elsewhere reach it; repeat',
      (value: string, before: readonly string[]) => [...before, value],
      [],
    )
    .option('--tls-cert <file>', 'the certificate with its chain, PEM')
    .option('--tls-key <file>', 'its private key, PEM')
    .option('--postgres <reference>', 'PostgreSQL instead of the data directory: env:NAME or file:PATH')
    .option('--yes', 'ask nothing: what no flag says has its default', false)
    .action(async (_options, command: Command) => init(initialising, command.optsWithGlobals<Options>()));
}

async function init(initialising: Initialising, options: Options): Promise<void> {
  const terminal = initialising.terminalFor(options.json);
  const path = initialising.absolute(options.config);
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) {
    throw new CommandError(
      EXIT.refused,
      `${sanitize(options.config)} is there already and is not changed. Look at it: sallyport check ${sanitize(options.config)}; or write another: sallyport init --config FILE`,
    );
  }
  const ask = options.yes || options.json || initialising.ask === null ? null : await initialising.ask();
  const wishes = await wishesOf(options, ask);
  write(path, fileText(wishes));
  try {
    const key = await prepare(initialising, terminal, options, path);
    tell(initialising, terminal, { options, path, key, wishes });
  } catch (error) {
    // What cannot be started from is not left behind as if it could.
    rmSync(path, { force: true });
    throw error;
  }
}

/** Mode 0600: it holds no secret, and says where they are. Never over a file that came in the meantime. */
function write(path: string, text: string): void {
  try {
    writeFileSync(path, text, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw new CommandError(
      EXIT.refused,
      `${sanitize(path)} cannot be written (${(error as NodeJS.ErrnoException).code ?? 'unknown error'}).`,
    );
  }
}

/** Checks the file as `check` does, then starts once from it on free ports: that makes the data directory, its keys and the first admin key. */
async function prepare(initialising: Initialising, terminal: Terminal, options: Options, path: string): Promise<string> {
  const { env, now, absolute, machine, startGateway } = initialising;
  const source = { path, name: options.config.replace(/^\.\//, ''), env };
  const read = readConfigFile(source, now());
  const mistakes: readonly Mistake[] = read.ok ? followReferences(read.value, { folder: dirname(path), env }).mistakes : read.mistakes;
  if (mistakes.length > 0)
    throw new CommandError(
      EXIT.refused,
      `Nothing was written, since it would not start:\n${mistakes.map((one) => `  ${sanitize(tellMistake(one))}`).join('\n')}`,
    );
  if (!terminal.json && terminal.screen.width !== null) terminal.tell('Making the data directory and its keys …');
  const started = await (await startGateway())({
    data: absolute(options.data),
    file: source,
    port: 0,
    adminPort: 0,
    nextFreePort: true,
    seed: null,
    settings: {},
    surroundings: machine,
    log: silentLogger,
    progress: () => undefined,
  });
  if (!started.ok)
    throw new CommandError(
      EXIT.refused,
      `Nothing was written, since it does not start: ${sanitize(started.detail ?? started.reason)}\n  ${started.reason}`,
    );
  const { adminKeyFile, firstRun } = started.value;
  await started.value.stop();
  return firstRun ? readFileSync(adminKeyFile, 'utf8').trim() : '';
}

interface Done {
  readonly options: Options;
  readonly path: string;
  /** The first admin key; empty where the data directory had one. */
  readonly key: string;
  readonly wishes: Wishes;
}

function tell({ shown, absolute }: Initialising, terminal: Terminal, { options, path, key, wishes }: Done): void {
  const data = absolute(options.data);
  const flags = `${options.config === CONFIG_FILE ? '' : ` --config ${options.config}`}${options.data === './.sallyport' ? '' : ` --data ${options.data}`}`;
  const next = `sallyport serve${flags}`;
  const adminKeyFile = `${data}/admin.key`;
  if (terminal.json) {
    terminal.printJson({ file: path, data, adminKeyFile, adminKey: key === '' ? null : key, next });
    return;
  }
  const made = wishes.reach === 'network' ? `${wishes.names.map(sanitize).join(', ')}, TLS 1.3` : 'this machine only';
  const kept = sanitize(shown(adminKeyFile));
  const lines: (readonly [string, string])[] = [
    ['wrote', `${sanitize(shown(path))}: ${made}, port ${wishes.port}`],
    ['data', `${sanitize(shown(data))}, mode 0700`],
    ['admin key', key === '' ? `as it was, in ${kept}` : `${key} (kept in ${kept}, mode 0600, and not shown again)`],
    ['next', next],
    ['then', 'sallyport servers add ID -- COMMAND · sallyport keys create NAME · sallyport clients'],
  ];
  terminal.print(facts(lines, terminal.screen));
}
