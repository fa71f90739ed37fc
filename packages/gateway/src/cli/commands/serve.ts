import type { Command } from 'commander';
import type { Logger } from '../../base/log.ts';
import type {
  ConfigSource,
  Surroundings as Machine,
  RunningGateway,
  Seed,
  StartGateway,
  StartOptions,
  TraceTarget,
} from '../../contracts/running.ts';
import { callJson, callLine } from '../call-line.ts';
import { callRows } from '../call-row.ts';
import { CLIENTS, type Program } from '../clients/index.ts';
import { clientsScreen } from '../clients/screen.ts';
import type { GlobalOptions } from '../connection.ts';
import { demoScreen, firstLine } from '../demo-screen.ts';
import { CommandError, EXIT, type ExitCode } from '../exit.ts';
import { FORMATS, type Format, LEVELS, type Level } from '../log-lines.ts';
import { sanitize } from '../render/sanitize.ts';
import type { Terminal } from '../terminal.ts';
import { CONFIG_FILE } from './check.ts';

/** How lines for operators are written; absent: what suits where they go. */
export interface LogWishes {
  readonly format?: Format;
  readonly level?: Level;
}

/** What the two commands that start a gateway need of the process. */
export interface Starting {
  readonly terminalFor: (json: boolean) => Terminal;
  /** Loaded only here: the other commands start faster without it. */
  readonly startGateway: () => Promise<StartGateway>;
  readonly demoSeed: (data: string) => Seed;
  readonly machine: Machine;
  /** Where traces go, as the environment says; throws what ends the command. */
  readonly traces: () => TraceTarget | null;
  readonly logTo: (terminal: Terminal, wishes: () => LogWishes) => Logger;
  readonly absolute: (path: string) => string;
  readonly exists: (path: string) => boolean;
  /** What the references of a file are looked up in. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** An absolute path as the reader would write it. */
  readonly shown: (path: string) => string;
  readonly onStop: (stop: () => Promise<void>) => void;
  /** How this very program is started from anywhere. */
  readonly self: Program;
  readonly exit: (code: ExitCode) => void;
  /** True: the reader typed `npm start`. */
  readonly startedByNpm: boolean;
}

interface ServeOptions extends GlobalOptions {
  readonly port?: string;
  readonly adminPort?: string;
  readonly clients?: boolean;
  readonly logFormat?: string;
  readonly logLevel?: string;
  readonly config?: string;
  readonly acceptChangedState?: boolean;
}

const DEFAULT_PORT = '8080';
const DEFAULT_ADMIN_PORT = '8081';
/** What an orderly end may take when something that it needs is gone. */
const LOST_MS = 15_000;

const LOG_FORMAT = [
  '--log-format <format>',
  'lines for operators on stderr: json or text. Else: text on a terminal, json in a pipe',
] as const;
const LOG_LEVEL = ['--log-level <level>', 'debug, info, warn or error. Else: warn on a terminal, info in a pipe'] as const;

export function startingCommands(program: Command, starting: Starting): void {
  program
    .command('demo')
    .description('a gateway with four real servers, ready to try')
    .option('--port <n>', 'for clients; 0 takes any, and a taken one moves on to the next', DEFAULT_PORT)
    .option('--admin-port <n>', 'for administration; 0 takes any, and a taken one moves on to the next', DEFAULT_ADMIN_PORT)
    .option('--clients', 'print the configuration of each client as its file has it')
    .option(...LOG_FORMAT)
    .option(...LOG_LEVEL)
    .action(async (_options, command: Command) => demo(starting, command.optsWithGlobals<ServeOptions>()));
  program
    .command('serve')
    .description('a gateway as its file says, with the servers that are registered')
    .option('--accept-changed-state', 'take a state that somebody changed in the database as it is; recorded')
    .option('--config <file>', `the configuration file; ${CONFIG_FILE} where there is one`)
    .option('--port <n>', `for clients, whatever the file says; 0 takes any. Else ${DEFAULT_PORT}`)
    .option('--admin-port <n>', `for administration, whatever the file says; 0 takes any. Else ${DEFAULT_ADMIN_PORT}`)
    .option(...LOG_FORMAT)
    .option(...LOG_LEVEL)
    .action(async (_options, command: Command) => serve(starting, command.optsWithGlobals<ServeOptions>()));
}

async function demo(starting: Starting, options: ServeOptions): Promise<void> {
  const terminal = starting.terminalFor(options.json);
  const data = starting.absolute(options.data);
  const running = await begin(starting, terminal, options, {
    data,
    seed: starting.demoSeed(data),
    nextFreePort: true,
    file: null,
  });
  const key = running.clientKey?.reveal() ?? '';
  if (terminal.json) terminal.print(firstLine(running.mcpUrl, key, running.dataDir));
  else {
    const { status, firstRun, adminKeyFile, dataDir } = running;
    const startedBy = starting.startedByNpm ? ('npm start --' as const) : ('sallyport demo' as const);
    const facts = {
      status: status(),
      firstRun,
      dataShown: starting.shown(dataDir),
      key,
      client: running.client ?? { name: 'client', roles: [], grants: [] },
      adminKeyFile: starting.shown(adminKeyFile),
      startedBy,
      notices: running.keyNotices,
      now: status().startedAt,
    };
    terminal.print(demoScreen(facts, terminal.screen));
    if (options.clients === true) {
      const connect = { command: starting.self.command, args: [...starting.self.args, 'connect', '--data', dataDir] };
      terminal.print(`${clientsScreen(CLIENTS, { url: running.mcpUrl, key }, connect, terminal.screen)}\n`);
    }
  }
  followCalls(running, terminal);
}

async function serve(starting: Starting, options: ServeOptions): Promise<void> {
  const terminal = starting.terminalFor(options.json);
  const data = starting.absolute(options.data);
  const file = fileOf(starting, options.config);
  const running = await begin(starting, terminal, options, {
    data,
    seed: null,
    nextFreePort: false,
    file,
    acceptChanged: options.acceptChangedState === true,
  });
  terminal.print(firstLine(running.mcpUrl, null, running.dataDir));
  if (running.firstRun)
    terminal.tell(`First run: the administrator's key is in ${sanitize(starting.shown(running.adminKeyFile))} (mode 0600).`);
}

/** The file that was named, which must be there, or the usual one where it is. */
function fileOf({ exists, absolute, env }: Starting, named: string | undefined): ConfigSource | null {
  const name = named ?? CONFIG_FILE;
  const path = absolute(name);
  if (exists(path)) return { path, name: name.replace(/^\.\//, ''), env };
  if (named === undefined) return null;
  throw new CommandError(EXIT.usage, `There is no file ${sanitize(named)}. Name another: --config FILE, or make one: sallyport init`);
}

/** Starts, and stops in order when the process is told to, even while it is still starting. */
async function begin(
  starting: Starting,
  terminal: Terminal,
  options: ServeOptions,
  own: Pick<StartOptions, 'data' | 'seed' | 'nextFreePort' | 'file' | 'acceptChanged'>,
): Promise<RunningGateway> {
  const start = await starting.startGateway();
  const wishes = wishesOf(options);
  let wanted: LogWishes = {};
  const endLost = async ({ reason, detail }: { readonly reason: string; readonly detail?: string }): Promise<void> => {
    terminal.tell(`sallyport: it cannot go on: ${sanitize(detail ?? reason)}. It stops now; start it again.\n  ${reason}`);
    setTimeout(() => starting.exit(EXIT.refused), LOST_MS);
    const result = await started;
    if (result.ok) await result.value.stop();
    starting.exit(EXIT.refused);
  };
  const started = start({
    ...own,
    port: portOf('--port', options.port),
    adminPort:
      options.port === '0' && (options.adminPort ?? DEFAULT_ADMIN_PORT) === DEFAULT_ADMIN_PORT
        ? 0
        : portOf('--admin-port', options.adminPort),
    settings: {},
    surroundings: starting.machine,
    log: starting.logTo(terminal, () => ({ ...wanted, ...wishes })),
    logLevel: () => wishes.level ?? wanted.level,
    tuneLog: (next) => {
      wanted = next;
    },
    traces: starting.traces(),
    progress: (line) => terminal.tell(`  ${sanitize(line)}`),
    onLost: (lost) => void endLost(lost),
  });
  starting.onStop(async () => {
    const result = await started;
    if (result.ok) await result.value.stop();
  });
  const result = await started;
  if (result.ok) return result.value;
  const code = result.reason === 'storage.data_in_use' ? EXIT.unreachable : EXIT.refused;
  const why = (result.detail ?? result.reason).split('\n').map(sanitize).join('\n  ');
  throw new CommandError(code, `It did not start: ${why}\n  ${result.reason}`, {
    reason: result.reason,
  });
}

/** Null: as the file says. */
function wishesOf({ logFormat, logLevel }: ServeOptions): LogWishes {
  const format = FORMATS.find((one) => one === logFormat);
  const level = LEVELS.find((one) => one === logLevel);
  if (logFormat !== undefined && format === undefined) throw new CommandError(EXIT.usage, `--log-format takes ${FORMATS.join(' or ')}.`);
  if (logLevel !== undefined && level === undefined) throw new CommandError(EXIT.usage, `--log-level takes ${LEVELS.join(', ')}.`);
  return { ...(format === undefined ? {} : { format }), ...(level === undefined ? {} : { level }) };
}

function portOf(name: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw new CommandError(EXIT.usage, `${name} ${sanitize(text)}: a port is a number from 0 (any) to 65535.`);
}

function followCalls(running: RunningGateway, terminal: Terminal): void {
  const next = callRows();
  running.follow((record) => {
    const row = next(record);
    if (row !== null) terminal.print(terminal.json ? callJson(row) : callLine(row, terminal.screen));
  });
}
