import { readTaskWish } from '../asks/task.ts';
import {
  accepted,
  type Check,
  COMMON_CHECKS,
  COMMON_NOTIFICATIONS,
  checkAsk,
  checkCall,
  checkCancelledLoosely,
  checkComplete,
  checkElicited,
  checkGet,
  checkInitialize,
  checkList,
  checkLogLevel,
  checkPlain,
  checkRead,
  checkSubscribe,
  checkTask,
  checkTaskStatus,
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

const checkTaskCall: Check = (params) => {
  const task = readTaskWish(params['task']);
  if (typeof task === 'string') return refused(task);
  const checked = checkCall(params);
  if (!checked.ok || task === null || checked.value.params.kind !== 'call') return checked;
  return accepted({ ...checked.value.params, task });
};

const CHECKS: Readonly<Record<string, Check>> = {
  ...COMMON_CHECKS,
  ...COMMON_NOTIFICATIONS,
  initialize: checkInitialize,
  ping: checkPlain,
  'tools/call': checkTaskCall,
  'tasks/get': checkTask,
  'tasks/result': checkTask,
  'tasks/list': checkList,
  'tasks/cancel': checkTask,
  'notifications/tasks/status': checkTaskStatus('legacy'),
  'prompts/get': checkGet,
  'resources/read': checkRead,
  'resources/subscribe': checkSubscribe,
  'resources/unsubscribe': checkSubscribe,
  'completion/complete': checkComplete,
  'logging/setLevel': checkLogLevel,
  'notifications/initialized': checkPlain,
  'notifications/cancelled': checkCancelledLoosely,
  'notifications/roots/list_changed': checkPlain,
  'sampling/createMessage': checkAsk('sampling/createMessage'),
  'elicitation/create': checkAsk('elicitation/create'),
  'roots/list': checkAsk('roots/list'),
  'notifications/elicitation/complete': checkElicited,
};

const FIELDS = {
  tool: new Set(['name', 'title', 'description', 'inputSchema', 'outputSchema', 'annotations', 'icons', 'execution', '_meta']),
  prompt: new Set(['name', 'title', 'description', 'arguments', 'icons', '_meta']),
  template: new Set(['uriTemplate', 'name', 'title', 'description', 'mimeType', 'annotations', 'icons', '_meta']),
  resource: new Set(['uri', 'name', 'title', 'description', 'mimeType', 'annotations', 'size', 'icons', '_meta']),
} as const;
const LATER_RESULT = new Set(['resultType', 'ttlMs', 'cacheScope']);

export const RULES_2025_11_25: RevisionRules = {
  revision: '2025-11-25',
  checkParams: (method, params) => runCheck(CHECKS, method, params),
  shapeItem: (kind, definition) => {
    const item = pick(definition, FIELDS[kind]);
    return kind === 'tool' ? withoutOddSchema(item) : item;
  },
  shapeResult: (method, result) => {
    const old = without(result, LATER_RESULT);
    return method === 'tools/call' ? withContent(withoutOddStructure(old)) : old;
  },
  shapeList: listOf,
};
