import { Command } from 'commander';
import { type Checking, checkCommand } from './commands/check.ts';
import { clientsCommand, type PrintingClients } from './commands/clients.ts';
import type { Surroundings } from './commands/command.ts';
import { configCommands } from './commands/config.ts';
import { type Connecting, connectCommand } from './commands/connect.ts';
import { doctorCommand, type Examining } from './commands/doctor.ts';
import { grantsCommands } from './commands/grants.ts';
import { type Initialising, initCommand } from './commands/init.ts';
import { keysCommands } from './commands/keys.ts';
import { logCommands } from './commands/log.ts';
import { policyCommands } from './commands/policies.ts';
import { type Starting, startingCommands } from './commands/serve.ts';
import { serversCommands } from './commands/servers.ts';
import { statusCommand } from './commands/status.ts';

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

/** Every command, its words and its options. Usage mistakes are thrown, not exited with: the entry maps them to exit code 2. */
export function programOf({
  surroundings,
  starting,
  checking,
  connecting,
  printing,
  initialising,
  examining,
  version,
  out,
  err,
}: ProgramDeps): Command {
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
  startingCommands(program, starting);
  checkCommand(program, checking);
  initCommand(program, initialising);
  configCommands(program, surroundings);
  connectCommand(program, connecting);
  clientsCommand(program, printing);
  keysCommands(program, surroundings);
  serversCommands(program, surroundings);
  grantsCommands(program, surroundings);
  policyCommands(program, surroundings);
  logCommands(program, surroundings);
  statusCommand(program, surroundings);
  doctorCommand(program, examining);
  for (const command of allOf(program)) command.exitOverride().configureOutput({ writeOut: out, writeErr: err });
  return program;
}

const allOf = (command: Command): readonly Command[] => command.commands.flatMap((child) => [child, ...allOf(child)]);
