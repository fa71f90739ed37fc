import { type BadInput, META } from './bad-stand.ts';

/** About a task that nobody began: one answer, whoever else has tasks. */
const OF_NO_TASK_LEGACY = ['tasks/get', 'tasks/result', 'tasks/cancel'];
const OF_NO_TASK_MODERN = ['tasks/get', 'tasks/cancel', 'tasks/update'];
/** Of the other era, of servers, of nobody. */
const UNKNOWN_LEGACY = [
  'server/discover',
  'subscriptions/listen',
  'tasks/update',
  'sampling/createMessage',
  'roots/list',
  'tools/Call',
  'toString',
  '__proto__',
];
const UNKNOWN_MODERN = [
  'initialize',
  'ping',
  'logging/setLevel',
  'resources/subscribe',
  'tasks/list',
  'elicitation/create',
  'TOOLS/LIST',
  'constructor',
];

const NAMED = '"name":"x","uri":"x://y","taskId":"x","inputResponses":{}';
const NAME_OF = new Map(
  Object.entries({
    'tasks/get': 'x',
    'tasks/cancel': 'x',
    'tasks/update': 'x',
  }),
);

const legacy =
  (reason: string) =>
  (method: string): BadInput => ({
    name: `${method}: ${reason}`,
    era: 'legacy',
    body: `{"jsonrpc":"2.0","id":7,"method":${JSON.stringify(method)},"params":{${NAMED}}}`,
    status: 200,
    code: -32601,
    id: 7,
    reason,
  });

/** Who has not declared the extension learns nothing of tasks, not even that one is not there (MCP 2026-07-28, tasks). */
const undeclared = (bad: BadInput): BadInput => ({ ...bad, status: 400, code: -32021 });
const ofNoTask = (bad: BadInput): BadInput => ({ ...bad, status: 200, code: -32602 });

const WITH_TASKS = META.replace(
  '"io.modelcontextprotocol/clientCapabilities":{}',
  '"io.modelcontextprotocol/clientCapabilities":{"extensions":{"io.modelcontextprotocol/tasks":{}}}',
);

const modern =
  (reason: string, meta = META) =>
  (method: string): BadInput => ({
    name: `${method}: ${reason}`,
    era: 'modern',
    headers: { 'mcp-method': method, 'mcp-name': NAME_OF.get(method) ?? null },
    body: `{"jsonrpc":"2.0","id":7,"method":${JSON.stringify(method)},"params":{${NAMED},"_meta":${meta}}}`,
    status: 404,
    code: -32601,
    id: 7,
    reason,
  });

export const BAD_METHODS: readonly BadInput[] = [
  ...OF_NO_TASK_LEGACY.map(legacy('gateway.unknown_task')).map(ofNoTask),
  ...UNKNOWN_LEGACY.map(legacy('protocol.unknown_method')),
  ...OF_NO_TASK_MODERN.map(modern('gateway.unknown_task', WITH_TASKS)).map(ofNoTask),
  ...OF_NO_TASK_MODERN.map(modern('protocol.missing_capability')).map(undeclared),
  ...UNKNOWN_MODERN.map(modern('protocol.unknown_method')),
];
