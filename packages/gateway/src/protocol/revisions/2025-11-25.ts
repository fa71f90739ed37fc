import {
  type Check,
  checkCall,
  checkCancelledLoosely,
  checkInitialize,
  checkList,
  checkLogLevel,
  checkLogMessage,
  checkPlain,
  checkProgress,
  listOf,
  pick,
  refused,
  runCheck,
  withContent,
  without,
  withoutOddSchema,
  withoutOddStructure,
} from './check.ts';
import type { RevisionRules } from './rules.ts';

// A call that asks to run as a task and runs as a plain one would hold the client up for as long as it takes: refused, not ignored.
const checkTasklessCall: Check = (params) => (params['task'] === undefined ? checkCall(params) : refused('tasks are not supported'));

const CHECKS: Readonly<Record<string, Check>> = {
  initialize: checkInitialize,
  ping: checkPlain,
  'tools/list': checkList,
  'tools/call': checkTasklessCall,
  'logging/setLevel': checkLogLevel,
  'notifications/initialized': checkPlain,
  'notifications/cancelled': checkCancelledLoosely,
  'notifications/progress': checkProgress,
  'notifications/message': checkLogMessage,
  'notifications/tools/list_changed': checkPlain,
};

/** `execution` (tasks) is left out: absent means that a tool does not run as a task, which is what the gateway relays. */
const TOOL_FIELDS = new Set(['name', 'title', 'description', 'inputSchema', 'outputSchema', 'annotations', 'icons', '_meta']);
const LATER_RESULT = new Set(['resultType', 'ttlMs', 'cacheScope']);

export const RULES_2025_11_25: RevisionRules = {
  revision: '2025-11-25',
  checkParams: (method, params) => runCheck(CHECKS, method, params),
  shapeTool: (definition) => withoutOddSchema(pick(definition, TOOL_FIELDS)),
  shapeCallResult: (result) => withContent(withoutOddStructure(without(result, LATER_RESULT))),
  shapeList: listOf,
};
