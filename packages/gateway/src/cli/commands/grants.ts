import type { Command } from 'commander';
import type { z } from 'zod';
import { grant, page, unusedGrant } from '../../admin/index.ts';
import { rulesText } from '../../base/argument-rules.ts';
import { type RuleOptions, rulesFrom, withRules } from '../argument-rules.ts';
import { sanitize } from '../render/sanitize.ts';
import { table } from '../render/table.ts';
import { relative } from '../render/time.ts';
import { type Surroundings, type Work, withApi } from './command.ts';

export function grantsCommands(program: Command, surroundings: Surroundings): void {
  const grants = program
    .command('grants')
    .description('standing permissions for one principal and one tool: the only way to a destructive one');
  withRules(grants.command('add'))
    .argument('<principal>', 'as `sallyport keys list` prints it')
    .argument('<tool>', 'SERVER__TOOL')
    .description('give one tool to one principal, where needed for a part of its data only')
    .action(withApi(surroundings, addGrant));
  grants.command('list').description('every grant').action(withApi(surroundings, listGrants));
  grants
    .command('report')
    .option('--days <n>', 'not used for so many days', '30')
    .description('grants that nobody uses: what could be taken away')
    .action(withApi(surroundings, reportGrants));
  grants.command('remove').argument('<id>').description('take a grant away').action(withApi(surroundings, removeGrant));
}

async function addGrant({ api, terminal }: Work, principal: string, tool: string, options: RuleOptions): Promise<void> {
  const added = await api.call('POST', '/api/v1/grants', grant, { principal, tool, rules: rulesFrom(options) });
  if (terminal.json) return terminal.printJson(added);
  terminal.print(`Granted ${sanitize(added.tool)} to ${sanitize(added.principal)}. Take it away: sallyport grants remove ${added.id}`);
}

async function listGrants({ api, terminal, now }: Work): Promise<void> {
  const { items } = await api.call('GET', '/api/v1/grants', page(grant));
  if (terminal.json) return terminal.printJson(items);
  if (items.length === 0) return terminal.print('There is no grant. Give one: sallyport grants add PRINCIPAL SERVER__TOOL');
  terminal.print(
    table<z.infer<typeof grant>>(
      [
        { title: 'id', text: (row) => row.id },
        { title: 'principal', text: (row) => sanitize(row.principal) },
        { title: 'tool', text: (row) => sanitize(row.tool), flexible: true },
        { title: 'only', text: (row) => sanitize(rulesText(row.rules ?? [])), flexible: true },
        { title: 'given', text: (row) => relative(row.createdAt, now) },
        { title: 'by', text: (row) => sanitize(row.by), flexible: true },
      ],
      items,
      terminal.screen,
    ),
  );
}

async function reportGrants({ api, terminal, now }: Work, { days }: { readonly days: string }): Promise<void> {
  const { items } = await api.call('GET', `/api/v1/reports/grants?days=${encodeURIComponent(days)}`, page(unusedGrant));
  if (terminal.json) return terminal.printJson(items);
  if (items.length === 0) return terminal.print(`Every grant was used within the last ${days} days.`);
  terminal.print(
    table<z.infer<typeof unusedGrant>>(
      [
        { title: 'id', text: (row) => row.id },
        { title: 'principal', text: (row) => sanitize(row.principal) },
        { title: 'tool', text: (row) => sanitize(row.tool), flexible: true },
        { title: 'last used', text: (row) => (row.lastUsedAt === null ? 'never' : relative(row.lastUsedAt, now)) },
        { title: 'days', text: (row) => String(row.unusedDays), align: 'right' },
      ],
      items,
      terminal.screen,
    ),
  );
  terminal.tell('Take one away: sallyport grants remove ID');
}

async function removeGrant({ api, terminal }: Work, id: string): Promise<void> {
  const removed = await api.call('DELETE', `/api/v1/grants/${encodeURIComponent(id)}`, grant);
  if (terminal.json) return terminal.printJson(removed);
  terminal.print(`Removed ${removed.id}: ${sanitize(removed.principal)} no longer has ${sanitize(removed.tool)} by a grant.`);
}
