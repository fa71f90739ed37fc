import type { JsonObject } from '../../contracts/json.ts';
import { type ListedKind, rulesOf } from '../../protocol/index.ts';
import { serverInfo } from '../about.ts';
import type { Exchange } from '../exchange.ts';
import { visibleTo } from '../visible.ts';

/** One page of a list as the client's revision has it. */
export function listPage(
  exchange: Exchange,
  kind: ListedKind,
  definitions: readonly JsonObject[],
  next: string | null,
  missing: readonly JsonObject[] = [],
): JsonObject {
  const rules = rulesOf(exchange.frame.revision);
  const items = definitions.map((definition) => rules.shapeItem(kind, definition));
  return { ...rules.shapeList(kind, items, next), ...metaOf(exchange, missing) };
}

/** `missing`: servers that should have been asked and did not answer. */
function metaOf({ frame, principal, snapshot, endpoint }: Exchange, missing: readonly JsonObject[]): JsonObject {
  const unreachable = endpoint?.server ? 0 : visibleTo(snapshot, principal).unreachable[frame.era];
  const told: JsonObject = {
    ...(unreachable > 0 ? { 'sallyport/unreachable': unreachable } : {}),
    ...(missing.length > 0 ? { 'sallyport/missing': missing } : {}),
  };
  if (frame.era === 'legacy') return Object.keys(told).length > 0 ? { _meta: told } : {};
  return { _meta: { 'io.modelcontextprotocol/serverInfo': serverInfo, ...told } };
}
