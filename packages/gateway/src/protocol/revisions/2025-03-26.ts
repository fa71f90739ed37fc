import type { JsonObject, JsonValue } from '../../contracts/json.ts';
import { isObject } from '../json-rpc.ts';
import {
  type Check,
  COMMON_CHECKS,
  COMMON_NOTIFICATIONS,
  checkAsk,
  checkCall,
  checkCancelled,
  checkGet,
  checkInitialize,
  checkLogLevel,
  checkOldComplete,
  checkPlain,
  checkRead,
  checkSubscribe,
  listOf,
  pick,
  runCheck,
  shaped,
  withContent,
  without,
  withText,
} from './check.ts';
import type { RevisionRules, ShapedResult } from './rules.ts';

const CHECKS: Readonly<Record<string, Check>> = {
  ...COMMON_CHECKS,
  ...COMMON_NOTIFICATIONS,
  initialize: checkInitialize,
  ping: checkPlain,
  'tools/call': checkCall,
  'prompts/get': checkGet,
  'resources/read': checkRead,
  'resources/subscribe': checkSubscribe,
  'resources/unsubscribe': checkSubscribe,
  'completion/complete': checkOldComplete,
  'logging/setLevel': checkLogLevel,
  'notifications/initialized': checkPlain,
  'notifications/cancelled': checkCancelled,
  'notifications/roots/list_changed': checkPlain,
  'sampling/createMessage': checkAsk('sampling/createMessage'),
  'roots/list': checkAsk('roots/list'),
};

const FIELDS = {
  tool: new Set(['name', 'description', 'inputSchema', 'annotations']),
  prompt: new Set(['name', 'description', 'arguments']),
  template: new Set(['uriTemplate', 'name', 'description', 'mimeType', 'annotations']),
  resource: new Set(['uri', 'name', 'description', 'mimeType', 'annotations', 'size']),
} as const;
const LATER_RESULT = new Set(['structuredContent', 'resultType', 'ttlMs', 'cacheScope']);
const BLOCKS: ReadonlySet<JsonValue | undefined> = new Set(['text', 'image', 'audio', 'resource']);

/** No structured results, no resource links, no titles: they came with 2025-06-18. */
export const RULES_2025_03_26: RevisionRules = {
  revision: '2025-03-26',
  checkParams: (method, params) => runCheck(CHECKS, method, params),
  shapeItem: (kind, definition) => pick(definition, FIELDS[kind]),
  shapeResult: (method, result) => {
    if (method === 'tools/call')
      return withOldBlocks(withText(without(withContent(result), LATER_RESULT), result.value['structuredContent']));
    const old = without(result, LATER_RESULT);
    return method === 'prompts/get' ? withOldMessages(old) : old;
  },
  shapeList: listOf,
};

function withOldBlocks(result: ShapedResult): ShapedResult {
  const { content } = result.value;
  if (!Array.isArray(content) || content.every(isOldBlock)) return result;
  return shaped({ ...result.value, content: content.map((block) => (isOldBlock(block) ? block : asText(block))) });
}

function withOldMessages(result: ShapedResult): ShapedResult {
  const { messages } = result.value;
  if (!Array.isArray(messages) || messages.every((message) => isObject(message) && isOldBlock(message['content'] ?? null))) return result;
  const old = messages.map((message) => {
    const { content = null } = message as JsonObject;
    return isOldBlock(content) ? message : { ...(message as JsonObject), content: asText(content) };
  });
  return shaped({ ...result.value, messages: old });
}

const isOldBlock = (block: JsonValue): boolean => isObject(block) && BLOCKS.has(block['type']);

// A block that the client's revision does not know would make it refuse the whole result; as text the model can still read it.
const asText = (block: JsonValue): JsonObject => ({ type: 'text', text: JSON.stringify(block) });
