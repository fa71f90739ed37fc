import { LIMITS } from '../../base/limits.ts';
import type { Pin, PinKind } from '../../contracts/target.ts';
import type { Exchange } from '../exchange.ts';
import { renameDefinition } from '../rename.ts';
import { meetsNeeds } from '../reverse/capabilities.ts';
import { type VisibleKind, visibleTo } from '../visible.ts';
import { answerRecorded } from './answer-recorded.ts';
import { listPage } from './list-page.ts';
import { listResources } from './list-resources.ts';
import { type Handler, refuse, type Works } from './works.ts';

const PINNED: Readonly<Record<string, PinKind>> = {
  'tools/list': 'tool',
  'prompts/list': 'prompt',
  'resources/templates/list': 'template',
};

/** Tools, prompts and templates are listed as they are pinned; resources as their servers list them now. */
export const list: Handler = (exchange, answer, works) => {
  const kind = PINNED[exchange.frame.method];
  return kind === undefined ? listResources(exchange, answer, works) : listPins(exchange, answer, works, kind);
};

/** The pins that the caller may discover, and in a session those that its live list has too. Never what a server says today. */
async function listPins(exchange: Exchange, answer: Parameters<Handler>[1], works: Works, kind: PinKind): Promise<void> {
  const pins = pinsFor(exchange, works, kind);
  const start = startOf(exchange, pins);
  if (start === null) return refuse(exchange, { verdict: 'deny', reason: 'protocol.invalid_params', shown: 'cursor' }, answer, works);
  const page = pins.slice(start, start + LIMITS.pageSize);
  const last = page.at(-1);
  const next = last !== undefined && start + page.length < pins.length ? cursorAfter(last) : null;
  const shown = listPage(
    exchange,
    kind,
    page.map((pin) => renameDefinition(exchange, pin.server, kind, pin.definition)),
    next,
  );
  return answerRecorded(exchange, answer, works, shown, { listed: page.length });
}

function pinsFor(exchange: Exchange, works: Works, kind: PinKind): readonly Pin[] {
  const { endpoint, frame, principal, snapshot } = exchange;
  const of: VisibleKind<Pin> = visibleTo(snapshot, principal)[kind];
  const visible = of.byEra[frame.era];
  const ofEndpoint = endpoint?.server ? visible.filter((pin) => pin.server === endpoint.server) : visible;
  const owner = { principal, session: frame.session?.id ?? null, listener: null };
  return ofEndpoint.filter((pin) => {
    const server = snapshot.servers.get(pin.server);
    if (!meetsNeeds(pin, server, frame)) return false;
    const live = server ? (works.upstreams.peek(server, frame.era, owner)?.peekPins(kind) ?? null) : null;
    return live === null || live.get(pin.name) === pin.digest;
  });
}

const cursorAfter = (pin: Pin): string => Buffer.from(pin.qualifiedName).toString('base64url');

// A cursor names the pin after which the page begins. One that fits none, hidden or unknown, is refused alike.
function startOf(exchange: Exchange, pins: readonly Pin[]): number | null {
  const cursor = exchange.frame.params.kind === 'list' ? exchange.frame.params.cursor : null;
  if (cursor === null) return 0;
  const at = pins.findIndex((pin) => cursorAfter(pin) === cursor);
  return at === -1 ? null : at + 1;
}
