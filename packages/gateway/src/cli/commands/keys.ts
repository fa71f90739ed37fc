import type { Command } from 'commander';
import type { z } from 'zod';
import { issuedKey, type Key, key, page } from '../../admin/index.ts';
import { rulesText } from '../../base/argument-rules.ts';
import { type RuleOptions, rulesFrom, withRules } from '../argument-rules.ts';
import { CommandError, EXIT } from '../exit.ts';
import { sanitize } from '../render/sanitize.ts';
import { facts, table } from '../render/table.ts';
import { relative } from '../render/time.ts';
import { type Surroundings, type Work, withApi } from './command.ts';

interface CreateOptions extends RuleOptions {
  readonly role?: readonly string[];
  readonly scope?: readonly string[];
  readonly method: readonly string[];
  readonly network: readonly string[];
  readonly days?: string;
  readonly owner?: string;
  readonly purpose?: string;
}

const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), value];

export function keysCommands(program: Command, surroundings: Surroundings): void {
  const keys = program.command('keys').description('API keys: make, list, revoke, rotate');
  withRules(keys.command('create'))
    .argument('<name>', 'for people; unique among the keys that work')
    .description('make a key; its text is shown once. Of an account that the configuration file names, the name alone is enough')
    .option('--role <role>', 'reader, writer, approver, auditor, admin or service; repeat for several', collect)
    .option('--scope <server/tool>', 'what it reaches, such as files/* or files/read_file; repeat', collect)
    .option(
      '--method <method>',
      'an MCP method that it may use; repeat. Without any: all that its roles permit; with one: no administration',
      collect,
      [],
    )
    .option('--network <cidr>', 'a network from which it may be used; repeat. Without any: anywhere', collect, [])
    .option('--days <n>', 'how long it lives, at most 30')
    .option('--owner <name>', 'who answers for a service')
    .option('--purpose <word>', 'what it is issued for, which policies may read; it never changes')
    .action(withApi(surroundings, createKey));
  keys.command('list').description('every key, without its text').action(withApi(surroundings, listKeys));
  keys
    .command('revoke')
    .argument('<id>')
    .description('end a key: it is refused from the next request on')
    .action(withApi(surroundings, revokeKey));
  keys
    .command('rotate')
    .argument('<id>')
    .description('make its successor; the old one works on for the overlap')
    .option('--overlap <minutes>', 'how long both work, at most 4320', '1440')
    .action(withApi(surroundings, rotateKey));
}

async function createKey({ api, terminal, now }: Work, name: string, options: CreateOptions): Promise<void> {
  if ((options.role === undefined) !== (options.scope === undefined))
    throw new CommandError(EXIT.usage, 'Say both --role and --scope, or neither for an account that the configuration file names.');
  const body = {
    name,
    ...(options.role === undefined ? {} : { roles: options.role }),
    ...(options.scope === undefined ? {} : { scopes: options.scope.map((text) => ({ ...scopeOf(text), rules: rulesFrom(options) })) }),
    methods: options.method.length === 0 ? null : options.method,
    networks: options.network.length === 0 ? null : options.network,
    ...(options.days === undefined ? {} : { expiresInDays: Number(options.days) }),
    owner: options.owner ?? null,
    purpose: options.purpose ?? null,
  };
  const made = await api.call('POST', '/api/v1/keys', issuedKey, body);
  printIssued({ terminal, now }, made);
}

function scopeOf(text: string): { readonly server: string; readonly tool: string } {
  const slash = text.indexOf('/');
  if (slash <= 0 || slash === text.length - 1) {
    throw new CommandError(EXIT.usage, `--scope ${sanitize(text)}: write SERVER/TOOL, with * for all, such as files/* or '*/*'.`);
  }
  return { server: text.slice(0, slash), tool: text.slice(slash + 1) };
}

export function printIssued({ terminal, now }: Pick<Work, 'terminal' | 'now'>, made: z.infer<typeof issuedKey>): void {
  if (terminal.json) {
    terminal.printJson(made);
    return;
  }
  terminal.print(
    facts(
      [
        ['key', made.secret],
        ['id', made.id],
        ['principal', made.principal],
        ['name', sanitize(made.name)],
        ['roles', made.roles.join(', ')],
        ['reaches', scopesText(made)],
        ...(made.purpose === null ? [] : [['for', made.purpose] as const]),
        ['ends', relative(made.expiresAt, now)],
      ],
      terminal.screen,
    ),
  );
  if (terminal.screen.width !== null) terminal.print('\nThis is the only time that the key is shown.');
}

const scopesText = (row: Key): string =>
  row.scopes.length === 0
    ? 'nothing'
    : row.scopes
        .map(({ server, tool, rules }) => `${server}/${sanitize(tool)}${rules === undefined ? '' : ` (${sanitize(rulesText(rules))})`}`)
        .join(', ');

async function listKeys({ api, terminal, now }: Work): Promise<void> {
  const { items } = await api.call('GET', '/api/v1/keys', page(key));
  if (terminal.json) return terminal.printJson(items);
  terminal.print(
    table(
      [
        { title: 'id', text: (row) => row.id },
        { title: 'name', text: (row) => sanitize(row.name), flexible: true },
        { title: 'roles', text: (row) => row.roles.join(', ') },
        { title: 'reaches', text: scopesText, flexible: true },
        { title: 'state', text: (row) => row.state },
        { title: 'ends', text: (row) => relative(row.expiresAt, now) },
        { title: 'last used', text: (row) => relative(row.lastUsedAt, now) },
        { title: 'principal', text: (row) => row.principal },
      ],
      items,
      terminal.screen,
    ),
  );
  for (const line of items.flatMap((row) => todoOf(row, now))) terminal.tell(line);
}

/** Within how many days of its end a key is named with what to do: when the first warning falls due (R2-008). */
const SOON_MS = 7 * 86_400_000;

function todoOf(row: Key, now: number): readonly string[] {
  if (row.state !== 'live') return [];
  if (row.disclosedAt !== null)
    return [
      `${row.id} stood in a URL ${relative(row.disclosedAt, now)}, where others can read it. Replace it: sallyport keys rotate ${row.id} --overlap 0`,
    ];
  return row.expiresAt - now <= SOON_MS ? [`${row.id} ends ${relative(row.expiresAt, now)}: sallyport keys rotate ${row.id}`] : [];
}

async function revokeKey({ api, terminal }: Work, id: string): Promise<void> {
  const revoked = await api.call('POST', `/api/v1/keys/${encodeURIComponent(id)}/revoke`, key);
  if (terminal.json) return terminal.printJson(revoked);
  terminal.print(`Revoked ${revoked.id} (${sanitize(revoked.name)}). It is refused from the next request on.`);
}

async function rotateKey({ api, terminal, now }: Work, id: string, options: { readonly overlap: string }): Promise<void> {
  const made = await api.call('POST', `/api/v1/keys/${encodeURIComponent(id)}/rotate`, issuedKey, {
    overlapMinutes: Number(options.overlap),
  });
  printIssued({ terminal, now }, made);
  if (!terminal.json && terminal.screen.width !== null) terminal.print(`The key before it works for ${options.overlap} more minutes.`);
}
