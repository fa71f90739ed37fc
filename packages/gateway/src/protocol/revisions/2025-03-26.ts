import type { JsonObject, JsonValue } from '../../contracts/json.ts';
import { isObject } from '../json-rpc.ts';
import {
  type Check,
  checkCall,
  checkCancelled,
  checkInitialize,
  checkList,
  checkLogLevel,
  checkLogMessage,
  checkPlain,
  checkProgress,
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
  initialize: checkInitialize,
  ping: checkPlain,
  'tools/list': checkList,
  'tools/call': checkCall,
  'logging/setLevel': checkLogLevel,
  'notifications/initialized': checkPlain,
  'notifications/cancelled': checkCancelled,
  'notifications/progress': checkProgress,
  'notifications/message': checkLogMessage,
  'notifications/tools/list_changed': checkPlain,
};

const TOOL_FIELDS = new Set(['name', 'description', 'inputSchema', 'annotations']);
const LATER_RESULT = new Set(['structuredContent', 'resultType', 'ttlMs', 'cacheScope']);
const BLOCKS: ReadonlySet<JsonValue | undefined> = new Set(['text', 'image', 'audio', 'resource']);

/** No structured results, no resource links, no titles: they came with 2025-06-18. */
export const RULES_2025_03_26: RevisionRules = {
  revision: '2025-03-26',
  checkParams: (method, params) => runCheck(CHECKS, method, params),
  shapeTool: (definition) => pick(definition, TOOL_FIELDS),
  shapeCallResult: (result) => withOldBlocks(withText(without(withContent(result), LATER_RESULT), result.value['structuredContent'])),
  shapeList: listOf,
};

function withOldBlocks(result: ShapedResult): ShapedResult {
  const { content } = result.value;
  if (!Array.isArray(content) || content.every(isOldBlock)) return result;
  return shaped({ ...result.value, content: content.map((block) => (isOldBlock(block) ? block : asText(block))) });
}

const isOldBlock = (block: JsonValue): boolean => isObject(block) && BLOCKS.has(block['type']);

// A block that the client's revision does not know would make it refuse the whole result; as text the model can still read it.
const asText = (block: JsonValue): JsonObject => ({ type: 'text', text: JSON.stringify(block) });
