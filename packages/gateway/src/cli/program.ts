import { Command } from 'commander';
import type { Checking } from './commands/check.ts';
import type { PrintingClients } from './commands/clients.ts';
import type { Surroundings } from './commands/command.ts';
import type { Connecting } from './commands/connect.ts';
import type { Examining } from './commands/doctor.ts';
import type { Initialising } from './commands/init.ts';
import type { Starting } from './commands/serve.ts';
import { sanitize } from './render/sanitize.ts';
import { refuseMisread, refuseStrange } from './words.ts';

export interface ProgramDeps {
  readonly surroundings: Surroundings;
  readonly starting: Starting;
  readonly checking: Checking;
  readonly connecting: Connecting;
  readonly printing: PrintingClients;
  readonly initialising: Initialising;
  readonly examining: Examining;
  readonly version: string;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** A file of `commands/`: what it adds by name, as the list of commands shows it, and how it is loaded. */
interface Row {
  readonly adds: Readonly<Record<string, string>>;
  readonly alias?: string;
  /** Not in the list of commands: a small installation never meets it. */
  readonly hidden?: true;
  readonly load: (program: Command, deps: ProgramDeps) => Promise<void>;
}

/** In the order of `--help`. */
const COMMANDS: readonly Row[] = [
  {
    adds: {
      demo: 'a gateway with four real servers, ready to try',
      serve: 'a gateway as its file says, with the servers that are registered',
    },
    load: async (program, { starting }) => (await import('./commands/serve.ts')).startingCommands(program, starting),
  },
  {
    adds: { check: 'say everything that is wrong with a configuration file; nothing is started or changed' },
    load: async (program, { checking }) => (await import('./commands/check.ts')).checkCommand(program, checking),
  },
  {
    adds: { init: 'ask what is wanted, write a configuration file with comments, make the data directory and the first key' },
    load: async (program, { initialising }) => (await import('./commands/init.ts')).initCommand(program, initialising),
  },
  {
    adds: { config: 'the configuration in force, and every one before it' },
    load: async (program, { surroundings }) => (await import('./commands/config.ts')).configCommands(program, surroundings),
  },
  {
    adds: {
      connect:
        'the stdio end for clients that only start a command: --url names an MCP endpoint, and the key comes from --key-file, SALLYPORT_KEY or the demo',
    },
    load: async (program, { connecting }) => (await import('./commands/connect.ts')).connectCommand(program, connecting),
  },
  {
    adds: { clients: 'configuration to paste into MCP clients; with a name and in a pipe, the text of its file alone' },
    load: async (program, { printing }) => (await import('./commands/clients.ts')).clientsCommand(program, printing),
  },
  {
    adds: { keys: 'API keys: make, list, revoke, rotate' },
    load: async (program, { surroundings }) => (await import('./commands/keys.ts')).keysCommands(program, surroundings),
  },
  {
    adds: { servers: 'upstream MCP servers and their tools' },
    load: async (program, { surroundings }) => (await import('./commands/servers.ts')).serversCommands(program, surroundings),
  },
  {
    adds: { grants: 'standing permissions for one principal and one tool: the only way to a destructive one' },
    load: async (program, { surroundings }) => (await import('./commands/grants.ts')).grantsCommands(program, surroundings),
  },
  {
    adds: { policies: 'your own Cedar policies: who may call what, with which arguments' },
    alias: 'policy',
    load: async (program, { surroundings }) => (await import('./commands/policies.ts')).policyCommands(program, surroundings),
  },
  {
    adds: { tenants: 'several customers of one gateway, each unknown to the others; for its operator' },
    hidden: true,
    load: async (program, { surroundings }) => (await import('./commands/tenants.ts')).tenantsCommands(program, surroundings),
  },
  {
    adds: { log: 'the audit log: follow, look up, search, verify' },
    load: async (program, { surroundings }) => (await import('./commands/log.ts')).logCommands(program, surroundings),
  },
  {
    adds: { status: 'how the gateway, its servers and its log stand' },
    load: async (program, { surroundings }) => (await import('./commands/status.ts')).statusCommand(program, surroundings),
  },
  {
    adds: {
      doctor:
        'what is wrong with this machine and its gateway, worst first, each with the command that mends it; nothing where nothing is wrong',
    },
    load: async (program, { examining }) => (await import('./commands/doctor.ts')).doctorCommand(program, examining),
  },
];

/**
 * Every command by name, and those that `words` name with their words and options: the others are not loaded, since a client waits for `connect`.
 * Usage mistakes are thrown, not exited with: the entry maps them to exit code 2.
 *
 * @param words the command line after the program; without them every command is loaded
 */
export async function programOf(deps: ProgramDeps, words: readonly string[] | null = null): Promise<Command> {
  const { version, out } = deps;
  if (words !== null) refuseStrange(words);
  // It repeats words of the command line.
  const err = (text: string): void => deps.err(text.split('\n').map(sanitize).join('\n'));
  const program = new Command('sallyport')
    .description('A guarded way between AI clients and everything they can reach')
    .version(version)
    .option('--json', 'objects, one a line, instead of text', false)
    .option('--data <dir>', 'the data directory', './.sallyport')
    .option('--url <url>', 'reach the administration API (connect: the MCP endpoint) there instead of by the data directory')
    .option('--key-file <file>', 'the key to present, instead of the one kept in the data directory')
    .option('--why <text>', 'for the record: why this is done')
    .configureOutput({ writeOut: out, writeErr: err })
    .exitOverride()
    .showSuggestionAfterError()
    .enablePositionalOptions(false);
  for (const { adds, alias, hidden = false, load } of COMMANDS) {
    const names = [...Object.keys(adds), ...(alias === undefined ? [] : [alias])];
    if (words === null || names.some((name) => words.includes(name))) await load(program, deps);
    else
      for (const [name, about] of Object.entries(adds)) {
        const command = program.command(name, { hidden }).description(about);
        if (alias !== undefined) command.alias(alias);
      }
  }
  for (const command of allOf(program)) command.exitOverride().configureOutput({ writeOut: out, writeErr: err });
  if (words !== null) refuseMisread(program, allOf(program));
  return program;
}

const allOf = (command: Command): readonly Command[] => command.commands.flatMap((child) => [child, ...allOf(child)]);
