import type { Command } from 'commander';
import type { z } from 'zod';
import { issuedKey, page, serverDetail, tenant } from '../../admin/index.ts';
import { CommandError, EXIT } from '../exit.ts';
import { readText } from '../read-text.ts';
import { sanitize } from '../render/sanitize.ts';
import { table } from '../render/table.ts';
import { relative } from '../render/time.ts';
import { type Surroundings, type Work, withApi } from './command.ts';
import { printIssued } from './keys.ts';

const path = (id: string, verb: string): string => `/api/v1/tenants/${encodeURIComponent(id)}/${verb}`;

export function tenantsCommands(program: Command, surroundings: Surroundings): void {
  const tenants = program
    .command('tenants', { hidden: true })
    .description('several customers of one gateway, each unknown to the others; for its operator');
  tenants
    .command('create')
    .argument('<id>', 'lower case words of letters and digits, joined by single hyphens')
    .argument('<title>', 'for people')
    .description('make a tenant, which has nothing and nobody yet')
    .action(withApi(surroundings, createTenant));
  tenants.command('list').description('every tenant beside the default one').action(withApi(surroundings, listTenants));
  tenants
    .command('key')
    .argument('<id>')
    .argument('<name>', 'for people')
    .description('make a key of its administrator, who makes all others; its text is shown once')
    .action(withApi(surroundings, makeKey));
  tenants
    .command('register')
    .argument('<id>')
    .argument('<file>', 'a registration as JSON, as `POST /api/v1/servers` takes it; - for standard input')
    .description('register a server of a tenant: a program of this machine, or an address that it reaches')
    .action(withApi(surroundings, registerServer));
}

async function createTenant({ api, terminal }: Work, id: string, title: string): Promise<void> {
  const made = await api.call('POST', '/api/v1/tenants', tenant, { id, title });
  if (terminal.json) return terminal.printJson(made);
  terminal.print(`Made ${made.id}. Its first administrator: sallyport tenants key ${made.id} NAME`);
}

async function listTenants({ api, terminal, now }: Work): Promise<void> {
  const { items } = await api.call('GET', '/api/v1/tenants', page(tenant));
  if (terminal.json) return terminal.printJson(items);
  if (items.length === 0) return terminal.print('There is no tenant beside the default one. Make one: sallyport tenants create ID TITLE');
  terminal.print(
    table<z.infer<typeof tenant>>(
      [
        { title: 'id', text: (row) => row.id },
        { title: 'title', text: (row) => sanitize(row.title), flexible: true },
        { title: 'made', text: (row) => relative(row.createdAt, now) },
        { title: 'by', text: (row) => sanitize(row.createdBy), flexible: true },
      ],
      items,
      terminal.screen,
    ),
  );
}

const EVERYTHING = [{ server: '*', tool: '*' }];

async function makeKey({ api, terminal, now }: Work, id: string, name: string): Promise<void> {
  const made = await api.call('POST', path(id, 'keys'), issuedKey, { name, roles: ['admin', 'auditor'], scopes: EVERYTHING });
  printIssued({ terminal, now }, made);
}

async function registerServer({ api, terminal }: Work, id: string, file: string): Promise<void> {
  const added = await api.call('POST', path(id, 'servers'), serverDetail, registrationIn(file));
  if (terminal.json) return terminal.printJson(added);
  terminal.print(`Registered ${added.id} for ${sanitize(id)}, with ${added.tools.length} tools.`);
}

function registrationIn(file: string): unknown {
  try {
    return JSON.parse(readText(file));
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(EXIT.usage, `${sanitize(file)} is no JSON.`);
  }
}
