import type { KeyNotice, RuntimeStatus, SeededClient, ServerStatus } from '../contracts/running.ts';
import { FIRST_CLIENTS } from './clients/index.ts';
import { sanitize } from './render/sanitize.ts';
import { type Screen, type Style, styleOf } from './render/style.ts';
import { relative } from './render/time.ts';
import { pad, padStart, widthOf, wrap } from './render/width.ts';

export interface DemoFacts {
  readonly status: RuntimeStatus;
  readonly firstRun: boolean;
  /** How the data directory is best written for the reader: relative where it lies below the working directory. */
  readonly dataShown: string;
  readonly key: string;
  /** Whose key it is and what it may do. */
  readonly client: SeededClient;
  readonly adminKeyFile: string;
  /** Keys that end soon or stood in a URL, with the time at which that is told. */
  readonly notices: readonly KeyNotice[];
  readonly now: number;
  /** `npm start` or `sallyport demo`: whatever the reader typed. */
  readonly startedBy: 'npm start --' | 'sallyport demo';
}

const MARGIN = '  ';
const LABEL = 10;

/** What `npm start` shows before the first call. Lines to paste are never wrapped or cut. */
export function demoScreen(facts: DemoFacts, screen: Screen): string {
  const style = styleOf(screen);
  return [
    '',
    ...banner(facts, screen, style),
    '',
    ...labelled('servers', serverLines(facts.status.servers, screen, style), style),
    ...labelled('guards', wrapTo(guards(facts.status), screen), style),
    ...labelled('client', wrapTo(clientText(facts.client), screen), style),
    ...labelled('endpoint', [style.bold(facts.status.mcpUrl)], style),
    ...labelled('admin', wrapTo(`${facts.status.adminUrl}/api/v1 · key in ${facts.adminKeyFile}`, screen), style),
    ...labelled(
      'keys',
      noticeLines(facts)
        .flatMap((line) => wrapTo(line, screen))
        .map(style.warn),
      style,
    ),
    '',
    ...labelled('Try it', tryLines(facts), style),
    '',
    ...labelled(
      '',
      wrapTo(
        `more clients, laid out for their files: ${facts.startedBy} --clients · Ctrl-C stops, and the next start keeps keys, servers and log`,
        screen,
      ).map(style.dim),
      style,
    ),
    '',
  ].join('\n');
}

function banner(facts: DemoFacts, screen: Screen, style: Style): string[] {
  const kept = facts.firstRun ? 'first run: keys made, mode 0700' : 'as the last run left it: same keys';
  const text = `Sallyport ${facts.status.version} · demo · data in ${facts.dataShown} (${kept})`;
  const lines = screen.width === null ? [text] : wrap(text, screen.width - MARGIN.length);
  return lines.map((line, index) => MARGIN + (index === 0 ? line.replace('Sallyport', style.bold('Sallyport')) : line));
}

const labelled = (label: string, lines: readonly string[], style: Style): string[] =>
  lines.map((line, index) => `${MARGIN}${style.dim(pad(index === 0 ? label : '', LABEL))}${line}`);

const wrapTo = (text: string, screen: Screen): readonly string[] =>
  screen.width === null ? [text] : wrap(text, Math.max(20, screen.width - MARGIN.length - LABEL));

const guards = (status: RuntimeStatus): string =>
  `keys · policy 6 roles · limits ${status.rate.requestsPerMinute}/min + ${status.rate.burst} · schemas · journal (fsync)`;

/** Who the key is for a policy, so that no call that passes comes as a surprise. */
function clientText({ name, roles, grants }: SeededClient): string {
  const granted = grants.map(({ tool, effect }) => `${sanitize(tool)} (${effect ?? 'not there'})`);
  return [sanitize(name), roles.join(', '), granted.length === 0 ? 'no grants' : `granted ${granted.join(', ')}`].join(' · ');
}

/** Each with the command that mends it; nothing where nothing is wrong. */
function noticeLines({ notices, now }: DemoFacts): readonly string[] {
  return notices.map(({ id, name, endsAt, disclosed }) => {
    const why = disclosed ? 'stood in a URL' : `ends ${relative(endsAt, now)}`;
    return `${sanitize(name)} ${why}: sallyport keys rotate ${id}`;
  });
}

function serverLines(servers: readonly ServerStatus[], screen: Screen, style: Style): string[] {
  const names = Math.max(0, ...servers.map((server) => widthOf(server.id)));
  return servers.flatMap((server) => serverLine(server, names, screen, style));
}

function serverLine(server: ServerStatus, names: number, screen: Screen, style: Style): string[] {
  const count = `${padStart(String(server.tools), 2)} ${server.tools === 1 ? 'tool ' : 'tools'}`;
  const transport = pad(server.transport === 'stdio' ? 'stdio' : 'http', 5);
  const line = `${pad(server.id, names)}  ${count} · ${transport} · ${stateText(server, style)}`;
  const notes = serverNotes(server);
  if (notes === '') return [line];
  const room = screen.width === null ? Number.POSITIVE_INFINITY : screen.width - MARGIN.length - LABEL;
  if (widthOf(line) + 3 + widthOf(notes) + 2 <= room) return [`${line}   ${style.dim(`(${notes})`)}`];
  const indent = names + 2;
  return [line, ...wrap(`(${notes})`, Math.max(20, room - indent)).map((part) => ' '.repeat(indent) + style.dim(part))];
}

const stateText = (server: ServerStatus, style: Style): string =>
  server.state === 'ready' ? style.good('ready') : server.state === 'failed' ? style.bad('failed') : style.warn(server.state);

function serverNotes(server: ServerStatus): string {
  const notes = [
    server.note === null ? null : sanitize(server.note),
    server.sharing === 'session' ? null : server.sharing === 'shared' ? 'shared' : 'one process a principal',
    server.unreachable === 0 ? null : `${server.unreachable} more need what a client or a later release gives`,
    server.pending === 0 ? null : `${server.pending} wait for: sallyport servers approve ${server.id}`,
  ];
  return notes.filter((note) => note !== null).join(', ');
}

function tryLines(facts: DemoFacts): string[] {
  const names = Math.max(...FIRST_CLIENTS.map(({ title }) => title.length));
  return FIRST_CLIENTS.flatMap(({ title, http }) => {
    const way = http?.({ url: facts.status.mcpUrl, key: facts.key });
    return way === undefined ? [] : [`${pad(title, names)}  ${way.line ?? JSON.stringify(JSON.parse(way.text))}`];
  });
}

/** The first line of `--json` (DESIGN section 5): these four names, in this order, and nothing else. `serve` has no key in it. */
export const firstLine = (mcp: string, key: string | null, data: string): string =>
  JSON.stringify({ mcp, ...(key === null ? {} : { key }), console: null, data });
