import {
  type Check,
  COMMON_CHECKS,
  COMMON_NOTIFICATIONS,
  checkAsk,
  checkCall,
  checkCancelled,
  checkComplete,
  checkGet,
  checkInitialize,
  checkLogLevel,
  checkPlain,
  checkRead,
  checkSubscribe,
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
  ...COMMON_CHECKS,
  ...COMMON_NOTIFICATIONS,
  initialize: checkInitialize,
  ping: checkPlain,
  'tools/call': checkCall,
  'prompts/get': checkGet,
  'resources/read': checkRead,
  'resources/subscribe': checkSubscribe,
  'resources/unsubscribe': checkSubscribe,
  'completion/complete': checkComplete,
  'logging/setLevel': checkLogLevel,
  'notifications/initialized': checkPlain,
  'notifications/cancelled': checkCancelled,
  'notifications/roots/list_changed': checkPlain,
  'sampling/createMessage': checkAsk('sampling/createMessage'),
  'elicitation/create': checkAsk('elicitation/create'),
  'roots/list': checkAsk('roots/list'),
};

const FIELDS = {
  tool: new Set(['name', 'title', 'description', 'inputSchema', 'outputSchema', 'annotations', '_meta']),
  prompt: new Set(['name', 'title', 'description', 'arguments', '_meta']),
  template: new Set(['uriTemplate', 'name', 'title', 'description', 'mimeType', 'annotations', '_meta']),
  resource: new Set(['uri', 'name', 'title', 'description', 'mimeType', 'annotations', 'size', '_meta']),
} as const;
const LATER_RESULT = new Set(['resultType', 'ttlMs', 'cacheScope']);

/** Structured results, resource links and titles; no icons yet. */
export const RULES_2025_06_18: RevisionRules = {
  revision: '2025-06-18',
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
