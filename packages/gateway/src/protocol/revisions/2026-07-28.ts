import { LIMITS } from '../../base/limits.ts';
import type { Result } from '../../base/result.ts';
import { failure, success } from '../../base/result.ts';
import type { JsonObject, JsonValue } from '../../contracts/json.ts';
import { readRound } from '../asks/rounds.ts';
import { isTaskId } from '../asks/task.ts';
import { isObject } from '../json-rpc.ts';
import { isClientCapabilities } from './capabilities.ts';
import {
  accepted,
  type Check,
  COMMON_CHECKS,
  COMMON_NOTIFICATIONS,
  checkCall,
  checkCancelled,
  checkComplete,
  checkGet,
  checkPlain,
  checkRead,
  checkTask,
  checkTaskStatus,
  checkTaskUpdate,
  isImplementation,
  isLogLevel,
  isText,
  listOf,
  pick,
  refused,
  runCheck,
  shaped,
  withContent,
} from './check.ts';
import type { ParamsReason, ParamsVerdict, RequestMeta, RevisionRules, ShapedResult } from './rules.ts';

const VERSION = 'io.modelcontextprotocol/protocolVersion';
const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';
const CLIENT = 'io.modelcontextprotocol/clientInfo';
const LOG_LEVEL = 'io.modelcontextprotocol/logLevel';
const RESOURCE_SUBSCRIPTIONS = 1000;

// The requests that may come in rounds (MCP 2026-07-28, multi round-trip requests). `task`, the wish of 2025-11-25, is none of this revision's members: it
// is read by nobody and not forwarded (SEP-2663: the server alone decides what becomes a task).
const inRounds =
  (check: Check): Check =>
  (params) => {
    const round = readRound(params);
    if (typeof round === 'string') return refused(round);
    const checked = check(params);
    return checked.ok && round !== null ? success({ ...checked.value, round }) : checked;
  };

const checkListen: Check = ({ notifications }) => {
  if (!isObject(notifications)) return refused('notifications is an object');
  const { toolsListChanged, promptsListChanged, resourcesListChanged, resourceSubscriptions, taskIds } = notifications;
  const flags = [toolsListChanged, promptsListChanged, resourcesListChanged];
  if (!flags.every((flag) => flag === undefined || typeof flag === 'boolean')) return refused('a filter is true or false');
  if (resourceSubscriptions !== undefined && !isUriList(resourceSubscriptions)) return refused('resourceSubscriptions is a list of URIs');
  if (taskIds !== undefined && !isTaskList(taskIds))
    return refused(`taskIds is a list of at most ${LIMITS.tasksPerPrincipal} ids of tasks`);
  return accepted({
    kind: 'listen',
    filter: {
      toolsListChanged: toolsListChanged === true,
      promptsListChanged: promptsListChanged === true,
      resourcesListChanged: resourcesListChanged === true,
      resourceSubscriptions: resourceSubscriptions ?? [],
      taskIds: taskIds ?? [],
    },
  });
};

const isUriList = (value: JsonValue): value is readonly string[] =>
  Array.isArray(value) && value.length <= RESOURCE_SUBSCRIPTIONS && value.every((uri) => isText(uri, LIMITS.uriBytes));

// Nobody has more of them under way.
const isTaskList = (value: JsonValue): value is readonly string[] =>
  Array.isArray(value) && value.length <= LIMITS.tasksPerPrincipal && value.every(isTaskId);

const REQUESTS: Readonly<Record<string, Check>> = {
  ...COMMON_CHECKS,
  'server/discover': checkPlain,
  'tools/call': inRounds(checkCall),
  'prompts/get': inRounds(checkGet),
  'resources/read': inRounds(checkRead),
  'completion/complete': checkComplete,
  'tasks/get': checkTask,
  'tasks/cancel': checkTask,
  'tasks/update': checkTaskUpdate,
  'subscriptions/listen': checkListen,
};

const NOTIFICATIONS: Readonly<Record<string, Check>> = {
  ...COMMON_NOTIFICATIONS,
  'notifications/cancelled': checkCancelled,
  'notifications/subscriptions/acknowledged': (params) => checkListen(params),
  'notifications/tasks': checkTaskStatus('modern'),
};

const FIELDS = {
  tool: new Set(['name', 'title', 'description', 'inputSchema', 'outputSchema', 'annotations', 'icons', '_meta']),
  prompt: new Set(['name', 'title', 'description', 'arguments', 'icons', '_meta']),
  template: new Set(['uriTemplate', 'name', 'title', 'description', 'mimeType', 'annotations', 'icons', '_meta']),
  resource: new Set(['uri', 'name', 'title', 'description', 'mimeType', 'annotations', 'size', 'icons', '_meta']),
} as const;

/** The stateless revision: each request says its version and the client's capabilities. */
export const RULES_2026_07_28: RevisionRules = {
  revision: '2026-07-28',
  checkParams: (method, params) =>
    Object.hasOwn(REQUESTS, method) ? checkRequest(method, params ?? {}) : runCheck(NOTIFICATIONS, method, params),
  shapeItem: (kind, definition) => pick(definition, FIELDS[kind]),
  shapeResult: (method, result) => {
    if (method === 'tools/call') return withResultType(withContent(result));
    return method === 'resources/read' ? withResultType(keptPrivate(result)) : withResultType(result);
  },
  // What a caller sees is filtered for that caller, so nobody else may be given it from a cache.
  shapeList: (kind, items, nextCursor) => ({
    resultType: 'complete',
    ...listOf(kind, items, nextCursor),
    ttlMs: 0,
    cacheScope: 'private',
  }),
};

function checkRequest(method: string, params: JsonObject): ParamsVerdict {
  const meta = readMeta(params);
  if (!meta.ok) return meta;
  const checked = runCheck(REQUESTS, method, params);
  return checked.ok ? success({ ...checked.value, meta: meta.value }) : checked;
}

/**
 * The envelope in `_meta`. Missing or malformed parts fail with `protocol.missing_meta` (-32602), another version with
 * `protocol.unsupported_version` (-32022).
 */
function readMeta(params: JsonObject): Result<RequestMeta, ParamsReason> {
  const meta = params['_meta'];
  if (!isObject(meta)) return failure('protocol.missing_meta', '_meta');
  const { [VERSION]: version, [CAPABILITIES]: capabilities, [CLIENT]: client, [LOG_LEVEL]: level } = meta;
  if (!isText(version, 64)) return failure('protocol.missing_meta', VERSION);
  if (version !== '2026-07-28') return failure('protocol.unsupported_version', version);
  if (!isObject(capabilities) || !isClientCapabilities(capabilities)) return failure('protocol.missing_meta', CAPABILITIES);
  if (client !== undefined && !isImplementation(client)) return failure('protocol.invalid_params', CLIENT);
  if (level !== undefined && !isLogLevel(level)) return failure('protocol.invalid_params', LOG_LEVEL);
  return success({ protocolVersion: version, clientCapabilities: capabilities, clientInfo: client ?? null, logLevel: level ?? null });
}

// Read for one caller: how long it holds may be the server's word, for whom never is.
function keptPrivate(result: ShapedResult): ShapedResult {
  const { ttlMs } = result.value;
  const lives = typeof ttlMs === 'number' && ttlMs >= 0 ? ttlMs : 0;
  return shaped({ ...result.value, ttlMs: lives, cacheScope: 'private' });
}

// Older servers do not write it; absent means complete. Put in front of the text, so that a large result is not written again.
function withResultType(result: ShapedResult): ShapedResult {
  if (result.value['resultType'] !== undefined) return result;
  const value = { resultType: 'complete', ...result.value };
  return { value, text: `{"resultType":"complete"${result.text === '{}' ? '' : ','}${result.text.slice(1)}` };
}
