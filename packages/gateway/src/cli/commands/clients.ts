import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { CLIENTS, type Client, type Endpoint, type Program } from '../clients/index.ts';
import { clientsScreen, wayOf } from '../clients/screen.ts';
import { CLIENT_KEY_FILE, placeOf } from '../connect/place.ts';
import type { GlobalOptions } from '../connection.ts';
import { CommandError, EXIT } from '../exit.ts';
import { sanitize } from '../render/sanitize.ts';
import type { Terminal } from '../terminal.ts';

export interface PrintingClients {
  readonly terminalFor: (json: boolean) => Terminal;
  /** The data directory as an absolute path. */
  readonly absolute: (path: string) => string;
  /** How this very program is started from anywhere: Node and the launcher, absolute. */
  readonly self: Program;
  /** SALLYPORT_KEY. */
  readonly key: string | undefined;
}

interface ClientsOptions extends GlobalOptions {
  readonly stdio?: boolean;
}

/** What stands where a key has to be put in. */
const PLACEHOLDER = 'YOUR_KEY';

export function clientsCommand(program: Command, printing: PrintingClients): void {
  program
    .command('clients')
    .argument('[name]', `one client: ${CLIENTS.map(({ name }) => name).join(', ')}`)
    .description('configuration to paste into MCP clients; with a name and in a pipe, the text of its file alone')
    .option('--stdio', 'by `sallyport connect`: no key stands in the configuration, and a changed port or key needs no change there')
    .action(async (name: string | undefined, _options, command: Command) =>
      printClients(printing, name, command.optsWithGlobals<ClientsOptions>()),
    );
}

async function printClients(printing: PrintingClients, name: string | undefined, options: ClientsOptions): Promise<void> {
  const terminal = printing.terminalFor(options.json);
  const wanted = name === undefined ? CLIENTS : [clientOf(name)];
  const needsEndpoint = options.stdio !== true && wanted.some(({ http }) => http !== null);
  const endpoint = needsEndpoint ? await endpointOf(printing, options, terminal) : null;
  const connect = programOf(printing, options);
  if (terminal.json) {
    const items = wanted.map((client) => ({ client: client.name, ...wayOf(client, endpoint, connect), source: client.source }));
    return terminal.printJson(name === undefined ? items : items[0]);
  }
  const [only] = wanted;
  if (name !== undefined && only !== undefined && terminal.screen.width === null) {
    const { text, note } = wayOf(only, endpoint, connect);
    terminal.print(text);
    if (note !== null) terminal.tell(note);
    return;
  }
  terminal.print(clientsScreen(wanted, endpoint, connect, terminal.screen));
}

function clientOf(name: string): Client {
  const found = CLIENTS.find((client) => client.name === name.toLowerCase());
  if (found !== undefined) return found;
  throw new CommandError(EXIT.usage, `No client ${sanitize(name)} is known. Known: ${CLIENTS.map((client) => client.name).join(', ')}.`);
}

/** Where the gateway is now, with the key that was named or is kept; where none is, with a word in its place. */
async function endpointOf({ absolute, key }: PrintingClients, options: ClientsOptions, terminal: Terminal): Promise<Endpoint> {
  const named = options.keyFile !== undefined || (key ?? '') !== '';
  const kept = named || existsSync(join(absolute(options.data), CLIENT_KEY_FILE));
  const place = await placeOf(options, kept ? key : PLACEHOLDER)();
  if (place === null) {
    throw new CommandError(
      EXIT.unreachable,
      'No Sallyport runs with this data directory, so its address is not known. Start it, or name it: --url URL; or print what needs no address: --stdio.',
    );
  }
  if (!kept) terminal.tell(`Put a key in place of ${PLACEHOLDER}: sallyport keys create NAME --role reader --scope '*/*'`);
  return { url: place.url.href, key: place.key.reveal() };
}

/** The command that a client starts. It names files by absolute paths, and never a key. */
function programOf({ absolute, self }: PrintingClients, { url, keyFile, data }: ClientsOptions): Program {
  const where = url === undefined ? ['--data', absolute(data)] : ['--url', url];
  const which = keyFile === undefined ? [] : ['--key-file', absolute(keyFile)];
  return { command: self.command, args: [...self.args, 'connect', ...where, ...which] };
}
