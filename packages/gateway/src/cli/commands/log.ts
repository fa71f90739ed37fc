import type { Command } from 'commander';
import { digestAnswer, page, type StoredRecord, storedRecord, verification } from '../../admin/index.ts';
import { ulidTime } from '../../base/ids.ts';
import type { JsonObject, JsonValue } from '../../contracts/json.ts';
import type { OpenedRecord } from '../../contracts/running.ts';
import { argumentsText } from '../arguments-text.ts';
import { callJson, callLine } from '../call-line.ts';
import { type CallRow, callRows } from '../call-row.ts';
import { CommandError, EXIT } from '../exit.ts';
import { recordFacts } from '../record-facts.ts';
import { sanitize } from '../render/sanitize.ts';
import { facts, table } from '../render/table.ts';
import { dateTime, readTime } from '../render/time.ts';
import type { Terminal } from '../terminal.ts';
import { type Surroundings, type Work, withApi } from './command.ts';

interface QueryOptions {
  readonly kind?: string;
  readonly status?: string;
  readonly principal?: string;
  readonly server?: string;
  readonly tool?: string;
  readonly method?: string;
  readonly reason?: string;
  readonly value?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit: string;
  readonly cursor?: string;
}

export function logCommands(program: Command, surroundings: Surroundings): void {
  const log = program.command('log').description('the audit log: follow, look up, search, verify');
  log
    .command('tail')
    .description('calls and refusals as they happen')
    .option('--from <index>', 'begin at this record')
    .option('--all', 'every record, not only calls and refusals')
    .action(withApi(surroundings, tail));
  log
    .command('show')
    .argument('<ref>', 'as refusals and `log tail` print it')
    .description('everything about one exchange')
    .action(withApi(surroundings, show));
  log
    .command('query')
    .description('search, newest first')
    .option('--kind <kind>', 'intent, outcome, answer, refusal, authentication, administration or system')
    .option('--status <status>', 'ok, error, refused or unknown')
    .option('--principal <id>')
    .option('--server <id>')
    .option('--tool <name>', 'as its server names it')
    .option('--method <method>')
    .option('--reason <reason>', 'a dotted reason, or its first words')
    .option(
      '--value <value>',
      'calls with this value among their arguments, found by its keyed digest; a number or true in JSON, anything else as text',
    )
    .option('--since <time>', '15m, 2h, 7d, or a date and time')
    .option('--until <time>')
    .option('--limit <n>', 'at most 500', '50')
    .option('--cursor <cursor>', 'the next page, as the one before printed it')
    .action(withApi(surroundings, query));
  log.command('verify').description('read the whole log again: is it what was written?').action(withApi(surroundings, verify));
}

async function tail({ api, terminal }: Work, options: { readonly from?: string; readonly all?: boolean }): Promise<void> {
  const next = callRows();
  const from = options.from === undefined ? '' : `&from=${encodeURIComponent(options.from)}`;
  await api.follow(`/api/v1/log/follow?payloads=true${from}`, storedRecord, (stored) => {
    if (options.all === true) return printRecord(terminal, stored);
    const row = next(openedOf(stored));
    if (row !== null) printCall(terminal, row);
  });
}

const openedOf = (stored: StoredRecord): OpenedRecord => stored as unknown as OpenedRecord;

/** In JSON and in pipes the ref is a column; on a terminal it follows what was refused, so that it can be looked up. */
function printCall(terminal: Terminal, row: CallRow): void {
  if (terminal.json) {
    terminal.print(callJson(row));
    return;
  }
  terminal.print(callLine(row, terminal.screen));
  if (terminal.screen.width !== null && row.decision !== 'allowed') terminal.print(`            sallyport log show ${row.ref}`);
}

function printRecord(terminal: Terminal, stored: StoredRecord): void {
  if (terminal.json) {
    terminal.printJson(stored);
    return;
  }
  terminal.print(
    table(COLUMNS, [stored], { ...terminal.screen, width: null })
      .split('\n')
      .slice(1)
      .join('\n'),
  );
}

async function show({ api, terminal }: Work, ref: string): Promise<void> {
  const exact = ref.trim().toUpperCase();
  if (ulidTime(exact) === null) {
    throw new CommandError(
      EXIT.usage,
      `${sanitize(ref)} is no ref: it has 26 letters and digits, as refusals and sallyport log tail print it.`,
    );
  }
  const { items } = await api.call('GET', `/api/v1/log/${exact}`, page(storedRecord));
  if (terminal.json) return terminal.printJson(items);
  terminal.print(items.map((item) => facts(recordFacts(openedOf(item)), terminal.screen)).join('\n\n'));
}

async function query({ api, terminal, now }: Work, options: QueryOptions): Promise<void> {
  const parameters = new URLSearchParams({ payloads: 'true' });
  for (const [name, value] of Object.entries(options)) {
    if (!NAMES.has(name) || typeof value !== 'string') continue;
    parameters.set(name, name === 'since' || name === 'until' ? String(timeOf(name, value, now)) : value);
  }
  if (options.value !== undefined) {
    const { digest } = await api.call('POST', '/api/v1/digests', digestAnswer, { value: jsonOrText(options.value) });
    parameters.set('value', digest);
  }
  const { items, next } = await api.call('GET', `/api/v1/log?${parameters}`, page(storedRecord));
  if (terminal.json) return terminal.printJson({ items, next });
  if (items.length > 0) terminal.print(table(COLUMNS, items, terminal.screen));
  else terminal.tell('Nothing in the log fits.');
  if (next !== null) terminal.tell(`There is more: repeat with --cursor ${next}`);
}

/** What JSON reads as a number, true, false, null, a list or an object is that; everything else is the text as it stands, as is what stands in quotes. */
function jsonOrText(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}

const NAMES: ReadonlySet<string> = new Set([
  'kind',
  'status',
  'principal',
  'server',
  'tool',
  'method',
  'reason',
  'since',
  'until',
  'limit',
  'cursor',
]);

function timeOf(name: string, text: string, now: number): number {
  const time = readTime(text, now);
  if (time === null)
    throw new CommandError(
      EXIT.usage,
      `--${name} ${sanitize(text)}: write 15m, 2h or 7d (that long ago), or a date and time such as 2026-11-21T10:00.`,
    );
  return time;
}

const payloadOf = (stored: StoredRecord, name: string): JsonValue => {
  const payload = stored.payload as JsonValue;
  return payload !== null && typeof payload === 'object' && !Array.isArray(payload) ? ((payload as JsonObject)[name] ?? null) : null;
};

const shown = (value: JsonValue | undefined): string => (typeof value === 'string' ? sanitize(value) : '');

const COLUMNS = [
  { title: 'ref', text: ({ record }: StoredRecord) => record.id },
  { title: 'time', text: ({ record }: StoredRecord) => dateTime(record.time) },
  { title: 'kind', text: ({ record }: StoredRecord) => record.kind },
  { title: 'who', text: (row: StoredRecord) => shown(payloadOf(row, 'name')) || shown(openedOf(row).record.principal), flexible: true },
  { title: 'what', text: what, flexible: true },
  { title: 'status', text: (row: StoredRecord) => shown(openedOf(row).record.status) },
  { title: 'reason', text: (row: StoredRecord) => shown(openedOf(row).record.reason), flexible: true },
];

function what(row: StoredRecord): string {
  const { action, object, server, tool, method } = openedOf(row).record;
  if (action !== undefined)
    return [action, object]
      .filter((part) => part !== undefined)
      .map(sanitize)
      .join(' ');
  if (tool === undefined) return shown(method);
  const given = payloadOf(row, 'arguments');
  return `${sanitize(server ?? '')}__${sanitize(tool)}${given === null ? '' : ` ${argumentsText(given)}`}`;
}

async function verify({ api, terminal }: Work): Promise<void> {
  const { tenants, ...own } = await api.call('GET', '/api/v1/log/verify', verification);
  if (terminal.json) terminal.printJson({ ...own, tenants });
  else {
    if (own.damage === null) terminal.print(`The log is what was written: ${countsOf(own)}`);
    for (const one of tenants) if (one.damage === null) terminal.print(`The log of ${one.log} is what was written: ${countsOf(one)}`);
  }
  const damaged = [own, ...tenants].flatMap(({ log, damage }) => (damage === null ? [] : [{ log, damage }]));
  if (damaged.length === 0) return;
  const told = damaged.map(({ log, damage }) => (log === own.log ? sanitize(damage) : `${sanitize(log)}: ${sanitize(damage)}`)).join('; ');
  throw new CommandError(
    EXIT.refused,
    `The log is NOT what was written: ${told}. Keep a copy of the data directory as evidence before anything else.`,
  );
}

interface Counts {
  readonly records: number;
  readonly segments: number;
  readonly openIntents: number;
}

const countsOf = ({ records, segments, openIntents }: Counts): string =>
  `${records} records in ${segments} segments, ${openIntents} calls under way.`;
