import type { ServerId } from '../base/ids.ts';
import type { JsonObject, JsonValue } from '../contracts/json.ts';
import { isObject, type ListedKind, qualifyName, qualifyUri, type ShapedResult } from '../protocol/index.ts';
import type { Exchange } from './exchange.ts';

/** On `/mcp/SERVER` every name is the server's own; on `/mcp` names say whose they are (DESIGN section 5). */
const isOwn = ({ endpoint }: Pick<Exchange, 'endpoint'>): boolean => endpoint?.server != null;

/** A definition as the client's endpoint names it. */
export function renameDefinition(
  exchange: Pick<Exchange, 'endpoint'>,
  server: ServerId,
  kind: ListedKind,
  definition: JsonObject,
): JsonObject {
  if (isOwn(exchange)) return definition;
  switch (kind) {
    case 'tool':
      return withUi({ ...definition, name: qualifyName(server, String(definition['name'])) }, server);
    case 'prompt':
      return { ...definition, name: qualifyName(server, String(definition['name'])) };
    case 'template':
      return { ...definition, uriTemplate: qualifyUri(server, String(definition['uriTemplate'])) };
    case 'resource':
      return { ...definition, uri: qualifyUri(server, String(definition['uri'])) };
  }
}

const FLAT_UI = 'ui/resourceUri';

/** MCP Apps: a tool names its view by URI, under `ui` or, in older servers, in one flat key. */
function withUi(tool: JsonObject, server: ServerId): JsonObject {
  const meta = tool['_meta'];
  if (!isObject(meta)) return tool;
  const { ui, [FLAT_UI]: flat } = meta;
  const named =
    isObject(ui) && typeof ui['resourceUri'] === 'string' ? { ui: { ...ui, resourceUri: qualifyUri(server, ui['resourceUri']) } } : {};
  const old = typeof flat === 'string' ? { [FLAT_UI]: qualifyUri(server, flat) } : {};
  return { ...tool, _meta: { ...meta, ...named, ...old } };
}

/** A result with its links, embedded resources and contents as the client's endpoint names them; as it was where there are none. */
export function renameResult(exchange: Pick<Exchange, 'endpoint'>, server: ServerId, method: string, result: ShapedResult): ShapedResult {
  if (isOwn(exchange)) return result;
  const value = renamed(method, server, result.value);
  return value === result.value ? result : { value, text: JSON.stringify(value) };
}

function renamed(method: string, server: ServerId, value: JsonObject): JsonObject {
  switch (method) {
    case 'tools/call':
      return changed(value, 'content', (block) => renameBlock(block, server));
    case 'prompts/get':
      return changed(value, 'messages', (message) =>
        isObject(message) ? changedMember(message, 'content', (block) => renameBlock(block, server)) : message,
      );
    case 'resources/read':
      return changed(value, 'contents', (part) => renameUri(part, server));
    default:
      return value;
  }
}

function renameBlock(block: JsonValue, server: ServerId): JsonValue {
  if (!isObject(block)) return block;
  if (block['type'] === 'resource_link') return renameUri(block, server);
  return block['type'] === 'resource' ? changedMember(block, 'resource', (resource) => renameUri(resource, server)) : block;
}

const renameUri = (of: JsonValue, server: ServerId): JsonValue =>
  isObject(of) && typeof of['uri'] === 'string' ? { ...of, uri: qualifyUri(server, of['uri']) } : of;

/** The object with every entry of a list changed, or itself where no entry was. */
function changed(value: JsonObject, member: string, change: (entry: JsonValue) => JsonValue): JsonObject {
  const entries = value[member];
  if (!Array.isArray(entries)) return value;
  const next = entries.map(change);
  return next.every((entry, at) => entry === entries[at]) ? value : { ...value, [member]: next };
}

function changedMember(value: JsonObject, member: string, change: (entry: JsonValue) => JsonValue): JsonObject {
  const was = value[member];
  const next = was === undefined ? was : change(was);
  return next === undefined || next === was ? value : { ...value, [member]: next };
}
