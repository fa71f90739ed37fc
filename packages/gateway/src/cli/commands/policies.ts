import type { Command } from 'commander';
import { type Policy, page, policies, policy } from '../../admin/index.ts';
import { loadPolicies, mistakeText } from '../../policy/index.ts';
import { CommandError, EXIT } from '../exit.ts';
import { readText } from '../read-text.ts';
import { sanitize } from '../render/sanitize.ts';
import { facts, table } from '../render/table.ts';
import { relative } from '../render/time.ts';
import type { Terminal } from '../terminal.ts';
import { type Surroundings, type Work, withApi, withTerminal } from './command.ts';
import { explainDecision } from './explain-decision.ts';
import { testPolicies } from './policy-test.ts';
import { replayPolicies } from './replay-policies.ts';

const path = (id: string): string => `/api/v1/policies/${encodeURIComponent(id)}`;

export function policyCommands(program: Command, surroundings: Surroundings): void {
  const own = program.command('policies').alias('policy').description('your own Cedar policies: who may call what, with which arguments');
  own.command('list').description('every policy of your own that is in force').action(withApi(surroundings, listPolicies));
  own.command('show').argument('<id>').description('one policy with its text').action(withApi(surroundings, showPolicy));
  own
    .command('add')
    .argument('<file>', 'a .cedar file, or - for standard input; each policy in it has an @id')
    .option('--replace', 'policies of the same ids are replaced', false)
    .description('check policies and put them in force: all of a file, or none')
    .action(withApi(surroundings, addPolicies));
  own
    .command('check')
    .argument('<file...>', '.cedar files')
    .description('read policies without a gateway: every mistake at once, with its place')
    .action(withTerminal(surroundings, checkPolicies));
  own
    .command('test')
    .argument('<table...>', 'YAML tables of cases: who, which tool, which arguments, what is expected')
    .description('decide tables of cases without a gateway; 1 where one is decided otherwise')
    .action(withTerminal(surroundings, testPolicies));
  own
    .command('explain')
    .requiredOption('--principal <id>', 'as `sallyport keys list` prints it')
    .requiredOption('--tool <server__tool>')
    .option('--arguments <json>', 'the arguments of the call', '{}')
    .option('--at <time>', 'when, as 2026-03-02T09:30:00Z, for policies that read the time; now where nothing is said')
    .description('may this principal call this tool with these arguments, and why')
    .action(withApi(surroundings, explainDecision));
  own
    .command('replay')
    .argument('[file...]', '.cedar files that are proposed, beside those in force and in place of those with the same ids')
    .option('--config <file>', 'a configuration that is proposed instead: its grants, effects and policies')
    .option('--instead', 'the proposed policies stand in place of all of your own', false)
    .option('--since <time>', '15m, 2h, 7d, or a date and time; 7d where nothing is said')
    .option('--until <time>')
    .option('--limit <n>', 'calls that are decided again, the newest first; at most 10000', '1000')
    .option('--cursor <cursor>', 'older ones, as the answer before printed it')
    .description('decide recorded calls by proposed policies: which would change, and by which policy; 1 where one would')
    .action(withApi(surroundings, replayPolicies));
  own.command('remove').argument('<id>').description('take a policy away').action(withApi(surroundings, removePolicy));
}

const placeOf = ({ file, line }: Policy): string => (file === null ? 'added by the API' : `${sanitize(file)}:${line}`);

async function listPolicies({ api, terminal, now }: Work): Promise<void> {
  const { items } = await api.call('GET', '/api/v1/policies', page(policy));
  if (terminal.json) return terminal.printJson(items);
  if (items.length === 0)
    return terminal.print('There is no policy of your own; roles and grants decide alone. Add one: sallyport policies add FILE');
  terminal.print(
    table<Policy>(
      [
        { title: 'id', text: (row) => row.id },
        { title: 'effect', text: (row) => row.effect },
        { title: 'where', text: placeOf },
        { title: 'added', text: (row) => (row.createdAt === null ? '' : relative(row.createdAt, now)) },
        { title: 'refused callers read', text: (row) => sanitize(row.message ?? ''), flexible: true },
      ],
      items,
      terminal.screen,
    ),
  );
  tellProblems(terminal.tell, items);
}

function tellProblems(tell: (line: string) => void, items: readonly Policy[]): void {
  for (const { id, problems } of items) for (const problem of problems) tell(`${id}: ${sanitize(problem)}`);
}

async function showPolicy({ api, terminal }: Work, id: string): Promise<void> {
  const shown = await api.call('GET', path(id), policy);
  if (terminal.json) return terminal.printJson(shown);
  terminal.print(
    facts(
      [
        ['policy', `${shown.id} (${shown.effect})`],
        ['where', placeOf(shown)],
        ...(shown.by === null ? [] : [['by', sanitize(shown.by)] as const]),
      ],
      terminal.screen,
    ),
  );
  terminal.print(`\n${shown.text.split('\n').map(sanitize).join('\n')}`);
  tellProblems(terminal.tell, [shown]);
}

async function addPolicies({ api, terminal }: Work, file: string, { replace }: { readonly replace: boolean }): Promise<void> {
  const { items } = await api.call('POST', '/api/v1/policies', policies, { text: readText(file), replace });
  if (terminal.json) return terminal.printJson(items);
  for (const { id, effect } of items) terminal.print(`In force: ${id} (${effect}). Take it away: sallyport policies remove ${id}`);
  tellProblems(terminal.tell, items);
}

/** Without the tools that the policies speak of: what they say of arguments is judged when they are added. */
function checkPolicies(terminal: Terminal, files: readonly string[]): void {
  const { policies: read, mistakes } = loadPolicies(
    files.map((file) => ({ file, text: readText(file) })),
    [],
  );
  if (terminal.json) terminal.printJson({ policies: read.map(({ id, place }) => ({ id, ...place })), mistakes });
  else for (const mistake of mistakes) terminal.print(sanitize(mistakeText(mistake)));
  if (mistakes.length > 0)
    throw new CommandError(EXIT.refused, `${mistakes.length} ${mistakes.length === 1 ? 'mistake' : 'mistakes'}; nothing was changed.`);
  if (!terminal.json) terminal.print(`${read.length} policies can be read.`);
}

async function removePolicy({ api, terminal }: Work, id: string): Promise<void> {
  const removed = await api.call('DELETE', path(id), policy);
  if (terminal.json) return terminal.printJson(removed);
  terminal.print(`Removed ${removed.id}. It decides nothing from the next call on.`);
}
