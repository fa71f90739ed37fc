import type { Command } from 'commander';
import { page, type Server, type ServerDetail, server, serverDetail, tool } from '../../admin/index.ts';
import { sanitize } from '../render/sanitize.ts';
import { facts, table } from '../render/table.ts';
import { type AddFlags, addServers } from '../servers/add.ts';
import { labelServer, withLabels } from '../servers/labels.ts';
import { limitLines, limitServer, withLimits } from '../servers/limits.ts';
import { type Surroundings, type Work, withApi } from './command.ts';

const path = (id: string, verb = ''): string => `/api/v1/servers/${encodeURIComponent(id)}${verb}`;

export function serversCommands(program: Command, surroundings: Surroundings): void {
  const servers = program.command('servers').description('upstream MCP servers and their tools');
  servers.command('list').description('every server, with its tools counted by state').action(withApi(surroundings, listServers));
  servers.command('show').argument('<id>').description('one server with its tools').action(withApi(surroundings, showServer));
  servers
    .command('add')
    .argument(
      '<what...>',
      "ID -- COMMAND [ARGS…], ID URL, or FILE [NAME]: a client's own mcp.json, or a registration as JSON; - for standard input",
    )
    .description('look at what a server offers, say what each tool does, and register it')
    .option(
      '--effect <tool=effect>',
      'what a tool does: read, write or destructive; repeat. Without it a tool counts as destructive',
      collect,
      [],
    )
    .option('--yes', 'ask nothing: tools without --effect are destructive, whatever their server says', false)
    .option('--probe', 'only look: start it once, show what it offers, register nothing', false)
    .option('--env <name[=value]>', 'a variable for a program; without a value, the one that it has here; repeat', collect, [])
    .option('--header <line>', "a header for a server at a URL, 'Name: value'; repeat", collect, [])
    .option('--title <text>', 'for people')
    .option('--sharing <how>', 'session (each client session its own process), principal or shared')
    .action(withApi(surroundings, addServer(surroundings)));
  servers
    .command('approve')
    .argument('<id>')
    .argument('<name>', 'as the server names it; of a template its uriTemplate')
    .description('pin a new or changed tool, prompt or template as it is now, and say what it does')
    .option('--kind <kind>', 'tool, prompt or template', 'tool')
    .option('--effect <effect>', 'read, write or destructive; without it the effect stays')
    .option('--digest <sha256>', 'only if the tool is still the one that was looked at')
    .action(withApi(surroundings, approveTool));
  withLimits(servers.command('limit')).action(withApi(surroundings, limitServer));
  withLabels(servers.command('label')).action(withApi(surroundings, labelServer));
  servers.command('refresh').argument('<id>').description('look again at what it offers').action(withApi(surroundings, refreshServer));
  servers.command('remove').argument('<id>').description('take a server and its pins away').action(withApi(surroundings, removeServer));
}

const place = ({ transport }: Server): string =>
  transport.kind === 'stdio' ? [transport.command, ...transport.args].join(' ') : (transport.url ?? transport.local ?? '');

async function listServers({ api, terminal }: Work): Promise<void> {
  const { items } = await api.call('GET', '/api/v1/servers', page(server));
  if (terminal.json) return terminal.printJson(items);
  if (items.length === 0) return terminal.print('There is no server yet. Register one: sallyport servers add FILE');
  terminal.print(
    table<Server>(
      [
        { title: 'id', text: (row) => row.id },
        { title: 'transport', text: (row) => row.transport.kind },
        { title: 'sharing', text: (row) => row.sharing },
        { title: 'tools', text: (row) => String(row.toolCounts.approved), align: 'right' },
        { title: 'waiting', text: (row) => String(row.toolCounts.pending + row.toolCounts.changed), align: 'right' },
        { title: 'quarantined', text: (row) => String(row.toolCounts.quarantined), align: 'right' },
        { title: 'state', text: (row) => (row.enabled ? 'enabled' : 'disabled') },
        { title: 'where', text: (row) => sanitize(place(row)), flexible: true },
      ],
      items,
      terminal.screen,
    ),
  );
}

async function showServer({ api, terminal }: Work, id: string): Promise<void> {
  printDetail({ terminal }, await api.call('GET', path(id), serverDetail));
}

function printDetail({ terminal }: Pick<Work, 'terminal'>, shown: ServerDetail): void {
  if (terminal.json) {
    terminal.printJson(shown);
    return;
  }
  const { legacy, modern } = shown.revisions;
  terminal.print(
    facts(
      [
        ['server', `${shown.id} (${sanitize(shown.title)})`],
        ['where', `${shown.transport.kind} · ${sanitize(place(shown))}`],
        ['sharing', shown.sharing],
        ['speaks', [...modern, ...legacy].map(sanitize).join(', ') || 'not known yet'],
        ['state', shown.enabled ? 'enabled' : 'disabled'],
        ...limitLines(shown).map((line) => ['limit', line] as const),
      ],
      terminal.screen,
    ),
  );
  terminal.print('');
  terminal.print(
    table<ServerDetail['tools'][number]>(
      [
        { title: 'kind', text: (row) => row.kind },
        { title: 'name', text: (row) => sanitize(row.name) },
        { title: 'effect', text: (row) => (row.effectSet ? row.effect : `${row.effect} (not set)`) },
        { title: 'state', text: (row) => (row.gone ? 'gone' : row.state) },
        { title: 'needs', text: (row) => row.needs.join(', ') },
        { title: 'digest', text: (row) => (row.offered ?? row).digest.slice(0, 12) },
        { title: 'why', text: (row) => row.offered?.problem ?? row.problem ?? '', flexible: true },
      ],
      [...shown.tools, ...shown.prompts, ...shown.templates],
      terminal.screen,
    ),
  );
}

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

const addServer =
  ({ adding }: Surroundings) =>
  async (work: Work, operands: readonly string[], flags: AddFlags): Promise<void> => {
    for (const added of await addServers(work, operands, flags, adding)) {
      printDetail(work, added);
      if (!work.terminal.json && work.terminal.screen.width !== null) {
        work.terminal.print(`\nRegistered. Clients see it at once, as ${added.id}__…; undo: sallyport servers remove ${added.id}`);
      }
    }
  };

interface ApproveOptions {
  readonly kind: string;
  readonly effect?: string;
  readonly digest?: string;
}

async function approveTool({ api, terminal }: Work, id: string, name: string, { kind, effect, digest }: ApproveOptions): Promise<void> {
  const body = { kind, tool: name, ...(effect === undefined ? {} : { effect }), ...(digest === undefined ? {} : { digest }) };
  const approved = await api.call('POST', path(id, '/approve'), tool, body);
  if (terminal.json) return terminal.printJson(approved);
  const grant =
    approved.effect === 'destructive'
      ? ` Nobody calls it without a grant: sallyport grants add PRINCIPAL ${sanitize(approved.qualifiedName)}`
      : '';
  terminal.print(
    `Approved ${sanitize(approved.qualifiedName)} as ${approved.effect}${approved.effectSet ? '' : ' (no effect was set)'}.${grant}`,
  );
}

async function refreshServer({ api, terminal }: Work, id: string): Promise<void> {
  printDetail({ terminal }, await api.call('POST', path(id, '/refresh'), serverDetail));
}

async function removeServer({ api, terminal }: Work, id: string): Promise<void> {
  const removed = await api.call('DELETE', path(id), server);
  if (terminal.json) return terminal.printJson(removed);
  terminal.print(`Removed ${removed.id} with its pins. Registered again, its tools are pinned anew.`);
}
