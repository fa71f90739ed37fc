import type { Command } from 'commander';
import type { Logger } from '../../base/log.ts';
import type { Surroundings as Machine, RunningGateway, Seed, StartGateway } from '../../contracts/running.ts';
import { callJson, callLine } from '../call-line.ts';
import { callRows } from '../call-row.ts';
import { CLIENTS, type Program } from '../clients/index.ts';
import { clientsScreen } from '../clients/screen.ts';
import type { GlobalOptions } from '../connection.ts';
import { demoScreen, firstLine } from '../demo-screen.ts';
import { CommandError, EXIT } from '../exit.ts';
import { sanitize } from '../render/sanitize.ts';
import type { Terminal } from '../terminal.ts';

/** What the two commands that start a gateway need of the process. */
export interface Starting {
  readonly terminalFor: (json: boolean) => Terminal;
  /** Loaded only here: the other commands start faster without it. */
  readonly startGateway: () => Promise<StartGateway>;
  readonly demoSeed: (data: string) => Seed;
  readonly machine: Machine;
  readonly logTo: (terminal: Terminal) => Logger;
  /** The data directory as an absolute path. */
  readonly absolute: (data: string) => string;
  /** An absolute path as the reader would write it. */
  readonly shown: (path: string) => string;
  readonly onStop: (stop: () => Promise<void>) => void;
  /** How this very program is started from anywhere. */
  readonly self: Program;
  /** True: the reader typed `npm start`. */
  readonly startedByNpm: boolean;
}

interface ServeOptions extends GlobalOptions {
  readonly port: string;
  readonly adminPort: string;
  readonly clients?: boolean;
}

const DEFAULT_PORT = '8080';
const DEFAULT_ADMIN_PORT = '8081';

export function startingCommands(program: Command, starting: Starting): void {
  program
    .command('demo')
    .description('a gateway with four real servers, ready to try')
    .option('--port <n>', 'for clients; 0 takes any, and a taken one moves on to the next', DEFAULT_PORT)
    .option('--admin-port <n>', 'for administration; 0 takes any, and a taken one moves on to the next', DEFAULT_ADMIN_PORT)
    .option('--clients', 'print the configuration of each client as its file has it')
    .action(async (_options, command: Command) => demo(starting, command.optsWithGlobals<ServeOptions>()));
  program
    .command('serve')
    .description('a gateway with the servers that are registered')
    .option('--port <n>', 'for clients; 0 takes any', DEFAULT_PORT)
    .option('--admin-port <n>', 'for administration; 0 takes any', DEFAULT_ADMIN_PORT)
    .action(async (_options, command: Command) => serve(starting, command.optsWithGlobals<ServeOptions>()));
}

async function demo(starting: Starting, options: ServeOptions): Promise<void> {
  const terminal = starting.terminalFor(options.json);
  const data = starting.absolute(options.data);
  const running = await begin(starting, terminal, options, { data, seed: starting.demoSeed(data), nextFreePort: true });
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
  const running = await begin(starting, terminal, options, { data, seed: null, nextFreePort: false });
  terminal.print(firstLine(running.mcpUrl, null, running.dataDir));
  if (running.firstRun)
    terminal.tell(`First run: the administrator's key is in ${sanitize(starting.shown(running.adminKeyFile))} (mode 0600).`);
}

/** Starts, and stops in order when the process is told to, even while it is still starting. */
async function begin(
  starting: Starting,
  terminal: Terminal,
  options: ServeOptions,
  own: { readonly data: string; readonly seed: Seed | null; readonly nextFreePort: boolean },
): Promise<RunningGateway> {
  const start = await starting.startGateway();
  const started = start({
    ...own,
    port: portOf('--port', options.port),
    adminPort: options.adminPort === DEFAULT_ADMIN_PORT && options.port === '0' ? 0 : portOf('--admin-port', options.adminPort),
    settings: {},
    surroundings: starting.machine,
    log: starting.logTo(terminal),
    progress: (line) => terminal.tell(`  ${sanitize(line)}`),
  });
  starting.onStop(async () => {
    const result = await started;
    if (result.ok) await result.value.stop();
  });
  const result = await started;
  if (result.ok) return result.value;
  const code = result.reason === 'storage.data_in_use' ? EXIT.unreachable : EXIT.refused;
  throw new CommandError(code, `It did not start: ${sanitize(result.detail ?? result.reason)}\n  ${result.reason}`, {
    reason: result.reason,
  });
}

function portOf(name: string, text: string): number {
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
