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
  withContent,
  without,
  withoutOddSchema,
  withoutOddStructure,
} from './check.ts';
import type { RevisionRules } from './rules.ts';

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

const TOOL_FIELDS = new Set(['name', 'title', 'description', 'inputSchema', 'outputSchema', 'annotations', '_meta']);
const LATER_RESULT = new Set(['resultType', 'ttlMs', 'cacheScope']);

/** Structured results, resource links and titles; no icons yet. */
export const RULES_2025_06_18: RevisionRules = {
  revision: '2025-06-18',
  checkParams: (method, params) => runCheck(CHECKS, method, params),
  shapeTool: (definition) => withoutOddSchema(pick(definition, TOOL_FIELDS)),
  shapeCallResult: (result) => withContent(withoutOddStructure(without(result, LATER_RESULT))),
  shapeList: listOf,
};
