import { LIMITS } from '../../base/limits.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { Tool } from '../../contracts/target.ts';
import { rulesOf } from '../../protocol/index.ts';
import { serverInfo } from '../about.ts';
import type { Exchange } from '../exchange.ts';
import { visibleTo } from '../visible.ts';
import { answerRecorded } from './answer-recorded.ts';
import { type Handler, refuse, type Works } from './works.ts';

/** The pins that the caller may discover, and in a session those that its live list has too. Never what a server says today. */
export const listTools: Handler = async (exchange, answer, works) => {
  const tools = toolsFor(exchange, works);
  const start = startOf(exchange, tools);
  if (start === null) return refuse(exchange, { verdict: 'deny', reason: 'protocol.invalid_params', shown: 'cursor' }, answer, works);
  const page = tools.slice(start, start + LIMITS.pageSize);
  const last = page.at(-1);
  const next = last !== undefined && start + page.length < tools.length ? cursorAfter(last) : null;
  const list = rulesOf(exchange.frame.revision).shapeList(
    page.map((tool) => shown(tool, exchange)),
    next,
  );
  return answerRecorded(exchange, answer, works, { ...list, ...metaOf(exchange) }, { listed: page.length });
};

function toolsFor(exchange: Exchange, works: Works): readonly Tool[] {
  const { endpoint, frame, principal, snapshot } = exchange;
  const visible = visibleTo(snapshot, principal).byEra[frame.era];
  const ofEndpoint = endpoint?.server ? visible.filter((tool) => tool.server === endpoint.server) : visible;
  const owner = { principal, session: frame.session?.id ?? null, listener: null };
  return ofEndpoint.filter((tool) => {
    const server = snapshot.servers.get(tool.server);
    const running = server ? works.upstreams.peek(server, frame.era, owner) : null;
    return running === null || running.liveTools.get(tool.name) === tool.digest;
  });
}

function shown(tool: Tool, exchange: Exchange): JsonObject {
  const name = exchange.endpoint?.server ? tool.name : tool.qualifiedName;
  return rulesOf(exchange.frame.revision).shapeTool({ ...tool.definition, name });
}

const cursorAfter = (tool: Tool): string => Buffer.from(tool.qualifiedName).toString('base64url');

// A cursor names the tool after which the page begins. One that fits no tool, hidden or unknown, is refused alike.
function startOf(exchange: Exchange, tools: readonly Tool[]): number | null {
  const cursor = exchange.frame.params.kind === 'list' ? exchange.frame.params.cursor : null;
  if (cursor === null) return 0;
  const at = tools.findIndex((tool) => cursorAfter(tool) === cursor);
  return at === -1 ? null : at + 1;
}

function metaOf({ frame, principal, snapshot, endpoint }: Exchange): JsonObject {
  const unreachable = endpoint?.server ? 0 : visibleTo(snapshot, principal).unreachable[frame.era];
  const counted = unreachable > 0 ? { 'sallyport/unreachable': unreachable } : {};
  if (frame.era === 'legacy') return unreachable > 0 ? { _meta: counted } : {};
  return { _meta: { 'io.modelcontextprotocol/serverInfo': serverInfo, ...counted } };
}
