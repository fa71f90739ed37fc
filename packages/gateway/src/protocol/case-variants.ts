import type { JsonObject, JsonValue } from '../contracts/json.ts';

/** Keys of the protocol by the place where they stand. Only there is their case guarded; tool arguments name their keys freely. */
const MESSAGE_KEYS = ['jsonrpc', 'id', 'method', 'params', 'result', 'error'];
const META_KEYS = [
  'progressToken',
  'io.modelcontextprotocol/protocolVersion',
  'io.modelcontextprotocol/clientCapabilities',
  'io.modelcontextprotocol/clientInfo',
  'io.modelcontextprotocol/serverInfo',
  'io.modelcontextprotocol/logLevel',
  'io.modelcontextprotocol/subscriptionId',
  'io.modelcontextprotocol/related-task',
];
const PARAMS_KEYS = [
  '_meta',
  'name',
  'arguments',
  'cursor',
  'uri',
  'ref',
  'argument',
  'context',
  'level',
  'task',
  'taskId',
  'requestId',
  'reason',
  'progressToken',
  'progress',
  'protocolVersion',
  'capabilities',
  'clientInfo',
  'notifications',
  'inputResponses',
  'requestState',
];
const RESULT_KEYS = [
  '_meta',
  'resultType',
  'content',
  'structuredContent',
  'isError',
  'tools',
  'prompts',
  'resources',
  'resourceTemplates',
  'contents',
  'messages',
  'nextCursor',
  'ttlMs',
  'cacheScope',
  'protocolVersion',
  'capabilities',
  'serverInfo',
  'supportedVersions',
  'instructions',
  'inputRequests',
  'requestState',
];
const ERROR_KEYS = ['code', 'message', 'data'];

interface Place {
  readonly exact: ReadonlySet<string>;
  readonly folded: ReadonlySet<string>;
}

// Upper case first: it takes U+017F to S and U+0131 to I, lower case then U+212A to k, as readers that fold by Unicode do.
const fold = (key: string): string => key.toUpperCase().toLowerCase();

const place = (keys: readonly string[]): Place => ({ exact: new Set(keys), folded: new Set(keys.map(fold)) });

const MESSAGE = place(MESSAGE_KEYS);
const META = place(META_KEYS);
const PARAMS = place(PARAMS_KEYS);
const RESULT = place(RESULT_KEYS);
const ERROR = place(ERROR_KEYS);

/**
 * The first key that equals a key of the protocol but for its case, or null. Go's `encoding/json` and others read `Method` as
 * `method`: a guard that reads exactly would judge another message than such a server runs. Looks at one message or at each of a batch.
 */
export function findCaseVariant(value: JsonValue): string | null {
  if (!Array.isArray(value)) return inMessage(value);
  for (const item of value) {
    const found = inMessage(item);
    if (found !== null) return found;
  }
  return null;
}

function inMessage(value: JsonValue): string | null {
  if (!isObject(value)) return null;
  return (
    inObject(value, MESSAGE) ?? inBody(value['params'], PARAMS) ?? inBody(value['result'], RESULT) ?? inBody(value['error'], ERROR) ?? null
  );
}

function inBody(value: JsonValue | undefined, keys: Place): string | null {
  if (!isObject(value)) return null;
  const found = inObject(value, keys);
  if (found !== null) return found;
  const meta = value['_meta'];
  return isObject(meta) ? inObject(meta, META) : null;
}

function inObject(value: JsonObject, { exact, folded }: Place): string | null {
  for (const key of Object.keys(value)) {
    if (!exact.has(key) && folded.has(fold(key))) return key;
  }
  return null;
}

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
