import {
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
  checkLogLevel,
  checkPlain,
  checkRead,
  checkSubscribe,
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
  ...COMMON_CHECKS,
  ...COMMON_NOTIFICATIONS,
  initialize: checkInitialize,
  ping: checkPlain,
  'tools/call': checkTasklessCall,
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

/** `execution` (tasks) is left out: absent means that a tool does not run as a task, which is what the gateway relays. */
const FIELDS = {
  tool: new Set(['name', 'title', 'description', 'inputSchema', 'outputSchema', 'annotations', 'icons', '_meta']),
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
