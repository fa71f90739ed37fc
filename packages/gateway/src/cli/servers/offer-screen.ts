import type { ServerDetail, Tool } from '../../admin/index.ts';
import { sanitize } from '../render/sanitize.ts';
import { type Screen, styleOf } from '../render/style.ts';
import { facts, table } from '../render/table.ts';
import { wrap } from '../render/width.ts';
import { propose } from './propose.ts';

const described = ({ definition }: Tool): string => {
  const text = typeof definition === 'object' && definition !== null && !Array.isArray(definition) ? definition['description'] : undefined;
  return typeof text === 'string' ? sanitize(text.trim().split('\n')[0] ?? '') : '';
};

/** What the probed server is and offers. Every word of it was written by the server, and is shown as text and nothing else. */
export function offerScreen(offer: ServerDetail, screen: Screen): string {
  const { legacy, modern } = offer.revisions;
  const parts = [
    facts(
      [
        ['server', offer.id],
        ['runs', sanitize(placeOf(offer))],
        ['speaks', [...modern, ...legacy].map(sanitize).join(', ') || 'nothing that the gateway speaks'],
        ['offers', `${count(offer.tools, 'tool')}, ${count(offer.prompts, 'prompt')}, ${count(offer.templates, 'resource template')}`],
      ],
      screen,
    ),
  ];
  if (offer.tools.length > 0) parts.push(toolTable(offer.tools, screen));
  for (const [title, items] of [
    ['prompts', offer.prompts],
    ['resource templates', offer.templates],
  ] as const) {
    if (items.length > 0) parts.push(facts([[title, items.map(({ name }) => sanitize(name)).join(', ')]], screen));
  }
  const warnings = warningsOf(offer);
  const { warn } = styleOf(screen);
  if (warnings.length > 0) parts.push(warnings.map((line) => warn(wrapped(line, screen))).join('\n'));
  return parts.join('\n\n');
}

const count = (items: readonly unknown[], noun: string): string => `${items.length} ${noun}${items.length === 1 ? '' : 's'}`;
const wrapped = (text: string, { width }: Screen): string => (width === null ? text : wrap(text, width).join('\n'));

const placeOf = ({ transport }: ServerDetail): string =>
  transport.kind === 'stdio' ? [transport.command, ...transport.args].join(' ') : (transport.url ?? transport.local ?? '');

const toolTable = (tools: readonly Tool[], screen: Screen): string =>
  table<Tool>(
    [
      { title: 'tool', text: ({ name }) => sanitize(name) },
      { title: 'server says', text: ({ proposedEffect }) => proposedEffect ?? 'nothing' },
      { title: 'proposed', text: (row) => (row.problem === null ? propose(row).effect : 'unusable') },
      { title: 'why', text: (row) => row.problem ?? propose(row).why, flexible: true },
      { title: 'it says of itself', text: described, flexible: true },
    ],
    tools,
    screen,
  );

/** What a friend would say before this is registered. */
export function warningsOf({ transport, tools }: ServerDetail): readonly string[] {
  const warnings: string[] = [];
  if (transport.kind === 'stdio') {
    warnings.push('It runs as the user of the gateway and may do whatever that user may: there is no sandbox yet.');
    const fetched = fetchedPackage(transport.command, transport.args);
    if (fetched !== null) {
      warnings.push(
        `${sanitize(transport.command)} fetches ${sanitize(fetched)} at each start, whatever that is by then: name an exact version, as NAME@1.2.3.`,
      );
    }
  }
  const unusable = tools.filter(({ problem }) => problem !== null).length;
  if (unusable > 0) warnings.push(`${unusable} of its tools cannot be used and are kept back: sallyport servers show says why.`);
  return warnings;
}

const RUNNERS = new Set(['npx', 'bunx', 'uvx', 'pipx', 'pnpx']);

/** The package that a runner fetches without an exact version, or null. */
function fetchedPackage(command: string, args: readonly string[]): string | null {
  const program = command.split('/').at(-1) ?? '';
  if (!RUNNERS.has(program)) return null;
  const name = args.find((arg) => !arg.startsWith('-') && arg !== 'run') ?? '';
  return /(?:@|==)\d+\.\d+\.\d+[\w.+-]*$/.test(name) || name === '' ? null : name;
}
