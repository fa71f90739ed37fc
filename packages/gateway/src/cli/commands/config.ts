import type { Command } from 'commander';
import type { z } from 'zod';
import { chain, difference, inForce, page, version, versionFacts } from '../../admin/index.ts';
import { sanitize } from '../render/sanitize.ts';
import { facts, table } from '../render/table.ts';
import { relative } from '../render/time.ts';
import { type Surroundings, type Work, withApi } from './command.ts';

type Facts = z.infer<typeof versionFacts>;
type Changes = z.infer<typeof difference>['changes'];

export function configCommands(program: Command, surroundings: Surroundings): void {
  const config = program.command('config').description('the configuration in force, and every one before it');
  config.command('history').description('who put what in force, newest first').action(withApi(surroundings, history));
  config
    .command('show')
    .argument('<version>', 'its number or its hash')
    .option('--file', 'only the text of its configuration file, as it was')
    .description('one version with what it changed')
    .action(withApi(surroundings, show));
  config
    .command('diff')
    .argument('<from>', 'a version')
    .argument('<to>', 'a version')
    .description('what differs between two versions, key by key')
    .action(withApi(surroundings, diff));
  config
    .command('verify')
    .description('walk the whole history, and compare storage with its newest version')
    .action(withApi(surroundings, verify));
  config
    .command('reload')
    .description('read the file again and put it in force, as a whole or not at all')
    .action(withApi(surroundings, reload));
  config
    .command('revert')
    .argument('<version>', 'its number or its hash')
    .description('put an earlier version in force again: storage, and the file, which is written back')
    .action(withApi(surroundings, revert));
  config
    .command('accept')
    .description('take what is stored as it is, although the database was changed past the gateway')
    .action(withApi(surroundings, accept));
}

async function history({ api, terminal, now }: Work): Promise<void> {
  const { items } = await api.call('GET', '/api/v1/config/versions', page(versionFacts));
  if (terminal.json) return terminal.printJson(items);
  terminal.print(
    table<Facts>(
      [
        { title: 'version', text: (row) => String(row.sequence), align: 'right' },
        { title: 'when', text: (row) => relative(row.createdAt, now) },
        { title: 'who', text: (row) => sanitize(row.author) },
        { title: 'what', text: (row) => sanitize(row.cause), flexible: true },
        { title: 'hash', text: (row) => row.hash.slice(0, 12) },
      ],
      items,
      terminal.screen,
    ),
  );
}

async function show({ api, terminal, now }: Work, name: string, { file }: { readonly file?: boolean }): Promise<void> {
  const shown = await api.call('GET', `/api/v1/config/versions/${encodeURIComponent(name)}`, version);
  const text = textOf(shown.content);
  if (file === true) return terminal.print(text ?? '');
  if (terminal.json) return terminal.printJson(shown);
  terminal.print(
    facts(
      [
        ['version', String(shown.sequence)],
        ['hash', shown.hash],
        ['parent', shown.parent ?? 'none: the first'],
        ['when', relative(shown.createdAt, now)],
        ['who', sanitize(shown.author)],
        ['what', sanitize(shown.cause)],
      ],
      terminal.screen,
    ),
  );
  terminal.print('');
  printChanges({ terminal }, shown.changes);
}

function textOf(content: unknown): string | null {
  const file = (content as { readonly file?: { readonly text?: unknown } | null }).file;
  return typeof file?.text === 'string' ? file.text : null;
}

async function diff({ api, terminal }: Work, from: string, to: string): Promise<void> {
  const query = new URLSearchParams({ from, to }).toString();
  const found = await api.call('GET', `/api/v1/config/diff?${query}`, difference);
  if (terminal.json) return terminal.printJson(found);
  printChanges({ terminal }, found.changes);
}

function printChanges({ terminal }: Pick<Work, 'terminal'>, changes: Changes): void {
  if (changes.length === 0) terminal.print('Nothing differs.');
  for (const { key, before, after } of changes) {
    const lines =
      isText(before) && isText(after) ? lineChanges(before ?? '', after ?? '') : [`- ${oneLine(before)}`, `+ ${oneLine(after)}`];
    terminal.print([sanitize(key), ...lines.map((line) => `  ${line}`)].join('\n'));
  }
}

/** Of several lines, as files and policies are; null: there was none, or is none any more. */
const isText = (value: unknown): value is string | null => value === null || (typeof value === 'string' && value.includes('\n'));

const oneLine = (value: unknown): string => sanitize(value === null ? 'nothing' : JSON.stringify(value)).slice(0, 400);

/** Lines that only one of two texts has, in order. */
function lineChanges(before: string, after: string): readonly string[] {
  const [old, now] = [before.split('\n'), after.split('\n')];
  const [had, has] = [new Set(old), new Set(now)];
  const gone = old.filter((line) => !has.has(line)).map((line) => `- ${sanitize(line)}`);
  const come = now.filter((line) => !had.has(line)).map((line) => `+ ${sanitize(line)}`);
  return [...gone, ...come];
}

async function verify({ api, terminal }: Work): Promise<void> {
  const { versions } = await api.call('GET', '/api/v1/config/verify', chain);
  if (terminal.json) return terminal.printJson({ versions });
  terminal.print(`${versions} versions, each as it was stored and each on the one before; storage says what the newest says.`);
}

async function reload(work: Work): Promise<void> {
  printInForce(work, await work.api.call('POST', '/api/v1/config/reload', inForce));
}

async function revert(work: Work, name: string): Promise<void> {
  printInForce(work, await work.api.call('POST', '/api/v1/config/revert', inForce, { version: name }));
}

async function accept(work: Work): Promise<void> {
  printInForce(work, await work.api.call('POST', '/api/v1/config/accept', inForce));
}

function printInForce({ terminal }: Pick<Work, 'terminal'>, done: z.infer<typeof inForce>): void {
  if (terminal.json) {
    terminal.printJson(done);
    return;
  }
  terminal.print(`Version ${done.version.sequence} (${done.version.hash.slice(0, 12)}) is in force.`);
  if (done.changes.length > 0) printChanges({ terminal }, done.changes);
}
