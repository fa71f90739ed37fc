import { LIMITS } from '../../base/limits.ts';
import { failure, success } from '../../base/result.ts';
import type { JsonObject, JsonValue } from '../../contracts/json.ts';
import type { Era } from '../../contracts/target.ts';
import { type AskMethod, readAsk } from '../asks/ask.ts';
import { isTaskId, readTask } from '../asks/task.ts';
import type { RpcId } from '../json-rpc.ts';
import { isObject, isRpcId } from '../json-rpc.ts';
import { isClientCapabilities } from './capabilities.ts';
import type { CheckedParams, CompletionReference, ListedKind, LogLevel, Params, ParamsVerdict, ShapedResult } from './rules.ts';

/** Validators without an opinion about revisions: what they have in common is put together in each revision's file. */

const LOG_LEVELS: ReadonlySet<JsonValue | undefined> = new Set([
  'debug',
  'info',
  'notice',
  'warning',
  'error',
  'critical',
  'alert',
  'emergency',
]);

const CURSOR_BYTES = 4096;
const TEXT_BYTES = 65_536;
/** An icon may be a `data:` URI. */
const ICON_BYTES = 1_048_576;
const RELATED_TASK = 'io.modelcontextprotocol/related-task';
const NO_ARGUMENTS: JsonObject = {};

export type Check = (params: JsonObject) => ParamsVerdict;

export const accepted = (params: Params): ParamsVerdict => success<CheckedParams>({ params, meta: null });
export const refused = (detail: string): ParamsVerdict => failure('protocol.invalid_params', detail);

/** Names, addresses and other texts of the protocol, which hold no NUL: it ends a text in C, and PostgreSQL stores none. */
export const isText = (value: JsonValue | undefined, bytes: number): value is string =>
  typeof value === 'string' && value.length <= bytes && Buffer.byteLength(value) <= bytes && !value.includes('\0');

export const isLogLevel = (value: JsonValue | undefined): value is LogLevel => LOG_LEVELS.has(value);

/** Whether `_meta` is absent or well formed: an object, its progress token an id, the task that it is about named. */
export function hasGoodMeta(params: JsonObject): boolean {
  const meta = params['_meta'];
  if (meta === undefined) return true;
  if (!isObject(meta) || (meta['progressToken'] !== undefined && !isRpcId(meta['progressToken']))) return false;
  const task = meta[RELATED_TASK];
  return task === undefined || (isObject(task) && isText(task['taskId'], LIMITS.idBytes));
}

export const checkPlain: Check = () => accepted({ kind: 'plain' });

export const checkInitialize: Check = ({ protocolVersion, capabilities, clientInfo }) => {
  if (!isText(protocolVersion, 64)) return refused('protocolVersion is a string');
  if (!isObject(capabilities) || !isClientCapabilities(capabilities)) return refused('capabilities is an object of capabilities');
  if (!isImplementation(clientInfo)) return refused('clientInfo has a name and a version');
  return accepted({ kind: 'initialize', protocolVersion, capabilities, clientInfo });
};

export const isImplementation = (value: JsonValue | undefined): value is JsonObject =>
  isObject(value) &&
  isText(value['name'], LIMITS.nameBytes) &&
  isText(value['version'], LIMITS.nameBytes) &&
  ['title', 'description', 'websiteUrl'].every((name) => value[name] === undefined || isText(value[name], TEXT_BYTES)) &&
  (value['icons'] === undefined || (Array.isArray(value['icons']) && value['icons'].every(isIcon)));

export const isIcon = (icon: JsonValue): boolean => {
  if (!isObject(icon) || !isText(icon['src'], ICON_BYTES)) return false;
  const { mimeType, sizes, theme } = icon;
  return (
    (mimeType === undefined || isText(mimeType, LIMITS.nameBytes)) &&
    (sizes === undefined || (Array.isArray(sizes) && sizes.every((size) => isText(size, LIMITS.nameBytes)))) &&
    (theme === undefined || theme === 'light' || theme === 'dark')
  );
};

export const checkList: Check = ({ cursor }) => {
  if (cursor !== undefined && !isText(cursor, CURSOR_BYTES)) return refused('cursor is a string');
  return accepted({ kind: 'list', cursor: cursor ?? null });
};

export const checkCall: Check = ({ name, arguments: args, _meta }) => {
  if (!isText(name, LIMITS.nameBytes) || name === '') return refused('name is a string');
  if (args !== undefined && !isObject(args)) return refused('arguments is an object');
  return accepted({ kind: 'call', name, arguments: args ?? NO_ARGUMENTS, progressToken: tokenOf(_meta) });
};

const tokenOf = (meta: JsonValue | undefined): RpcId | null => {
  const token = isObject(meta) ? meta['progressToken'] : undefined;
  return isRpcId(token) ? token : null;
};

const isTexts = (value: JsonValue | undefined): value is JsonObject =>
  isObject(value) && Object.values(value).every((text) => typeof text === 'string');

/** Arguments of a prompt are text in every revision. */
export const checkGet: Check = ({ name, arguments: args, _meta }) => {
  if (!isText(name, LIMITS.nameBytes) || name === '') return refused('name is a string');
  if (args !== undefined && !isTexts(args)) return refused('arguments is an object of strings');
  return accepted({ kind: 'get', name, arguments: args ?? NO_ARGUMENTS, progressToken: tokenOf(_meta) });
};

const isUri = (uri: JsonValue | undefined): uri is string => isText(uri, LIMITS.uriBytes) && uri !== '';

export const checkRead: Check = ({ uri, _meta }) =>
  isUri(uri) ? accepted({ kind: 'read', uri, progressToken: tokenOf(_meta) }) : refused('uri is a string');

export const checkSubscribe: Check = ({ uri }) => (isUri(uri) ? accepted({ kind: 'subscribe', uri }) : refused('uri is a string'));

/** 2025-03-26 knows no context: what an old client says there was read by nobody and is not forwarded. */
export const checkOldComplete: Check = ({ ref, argument }) => {
  const reference = referenceOf(ref);
  if (reference === null) return refused('ref names a prompt or a resource');
  if (!isObject(argument) || !isText(argument['name'], LIMITS.nameBytes) || !isText(argument['value'], TEXT_BYTES))
    return refused('argument has a name and a value');
  return accepted({ kind: 'complete', ref: reference, argument: { name: argument['name'], value: argument['value'] }, context: null });
};

export const checkComplete: Check = (params) => {
  const checked = checkOldComplete(params);
  const { context } = params;
  if (!checked.ok || context === undefined || checked.value.params.kind !== 'complete') return checked;
  if (!isObject(context) || (context['arguments'] !== undefined && !isTexts(context['arguments'])))
    return refused('context.arguments is an object of strings');
  return accepted({ ...checked.value.params, context: context['arguments'] ?? null });
};

function referenceOf(ref: JsonValue | undefined): CompletionReference | null {
  if (!isObject(ref)) return null;
  const { type, name, uri } = ref;
  if (type === 'ref/prompt') return isText(name, LIMITS.nameBytes) && name !== '' ? { type: 'prompt', name } : null;
  return type === 'ref/resource' && isUri(uri) ? { type: 'resource', uri } : null;
}

export const checkLogLevel: Check = ({ level }) => (isLogLevel(level) ? accepted({ kind: 'log-level', level }) : refused('level'));

export const checkCancelled: Check = ({ requestId, reason }) => {
  if (!isRpcId(requestId)) return refused('requestId is an id');
  return checkReason(reason) ?? accepted({ kind: 'cancelled', requestId, reason: (reason as string | undefined) ?? null });
};

/** 2025-11-25: the id is optional, since tasks are cancelled otherwise. */
export const checkCancelledLoosely: Check = (params) => {
  if (params['requestId'] !== undefined) return checkCancelled(params);
  const { reason } = params;
  return checkReason(reason) ?? accepted({ kind: 'cancelled', requestId: null, reason: (reason as string | undefined) ?? null });
};

const checkReason = (reason: JsonValue | undefined): ParamsVerdict | null =>
  reason === undefined || isText(reason, TEXT_BYTES) ? null : refused('reason is a string');

export const checkProgress: Check = ({ progressToken, progress, total, message }) => {
  if (!isRpcId(progressToken)) return refused('progressToken is an id');
  if (typeof progress !== 'number') return refused('progress is a number');
  if (total !== undefined && typeof total !== 'number') return refused('total is a number');
  if (message !== undefined && !isText(message, TEXT_BYTES)) return refused('message is a string');
  return accepted({ kind: 'progress', progressToken, progress, total: total ?? null, message: message ?? null });
};

export const checkTask: Check = ({ taskId, _meta }) =>
  isTaskId(taskId) ? accepted({ kind: 'task', taskId, responses: null, progressToken: tokenOf(_meta) }) : refused('taskId is a string');

export const checkTaskUpdate: Check = ({ taskId, inputResponses, _meta }) => {
  if (!isTaskId(taskId)) return refused('taskId is a string');
  if (!isObject(inputResponses)) return refused('inputResponses is an object');
  return accepted({ kind: 'task', taskId, responses: inputResponses, progressToken: tokenOf(_meta) });
};

/** What a server tells of a task; read whole where it is acted upon. */
export const checkTaskStatus =
  (era: Era): Check =>
  (params) => {
    const read = readTask(params, era);
    return typeof read === 'string' ? refused(read) : accepted({ kind: 'plain' });
  };

export const checkAsk =
  (method: AskMethod): Check =>
  (params) => {
    const read = readAsk(method, params, 'legacy');
    return read.ok ? accepted({ kind: 'ask', asked: read.value }) : read;
  };

export const checkElicited: Check = ({ elicitationId }) =>
  isText(elicitationId, LIMITS.nameBytes) ? accepted({ kind: 'plain' }) : refused('elicitationId is a string');

export const checkLogMessage: Check = ({ level, logger, data }) => {
  if (!isLogLevel(level)) return refused('level');
  if (logger !== undefined && !isText(logger, LIMITS.nameBytes)) return refused('logger is a string');
  if (data === undefined) return refused('data is missing');
  return accepted({ kind: 'log-message', level, logger: logger ?? null });
};

/** Runs the check of a method: `_meta` first, then the method's own; an unknown one is not built. */
export function runCheck(checks: Readonly<Record<string, Check>>, method: string, params: JsonObject | null): ParamsVerdict {
  const check = Object.hasOwn(checks, method) ? checks[method] : undefined;
  if (check === undefined) return failure('protocol.method_not_built', method);
  const given = params ?? NO_ARGUMENTS;
  return hasGoodMeta(given) ? check(given) : refused('_meta is an object, its progressToken an id, its related task named');
}

/** The members of an object that are named, in the object's own order. */
export function pick(value: JsonObject, keys: ReadonlySet<string>): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([key]) => keys.has(key)));
}

export function omit(value: JsonObject, keys: ReadonlySet<string>): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.has(key)));
}

export const shaped = (value: JsonObject): ShapedResult => ({ value, text: JSON.stringify(value) });

/** Leaves a result alone unless it has one of the members: most have none, and their text goes on as it is. */
export const without = (result: ShapedResult, keys: ReadonlySet<string>): ShapedResult =>
  Object.keys(result.value).some((key) => keys.has(key)) ? shaped(omit(result.value, keys)) : result;

/** The stateful revisions let a structured result be an object only. */
export const withoutOddStructure = (result: ShapedResult): ShapedResult =>
  result.value['structuredContent'] === undefined || isObject(result.value['structuredContent'])
    ? result
    : withText(without(result, new Set(['structuredContent'])), result.value['structuredContent']);

/** Where structure has to go and there is no content besides, its JSON text stands in for it, so that nothing is lost silently. */
export function withText(result: ShapedResult, structure: JsonValue | undefined): ShapedResult {
  const { content } = result.value;
  if (structure === undefined || (Array.isArray(content) && content.length > 0)) return result;
  return shaped({ ...result.value, content: [{ type: 'text', text: JSON.stringify(structure) }] });
}

/** Every revision wants a list of content; some servers leave it out beside a structured result. */
export const withContent = (result: ShapedResult): ShapedResult =>
  result.value['content'] === undefined ? withText(shaped({ ...result.value, content: [] }), result.value['structuredContent']) : result;

/** Likewise the schema of it. */
export function withoutOddSchema(tool: JsonObject): JsonObject {
  const schema = tool['outputSchema'];
  return schema === undefined || (isObject(schema) && schema['type'] === 'object') ? tool : omit(tool, new Set(['outputSchema']));
}

/** The member of a list's result that holds its entries. */
const MEMBERS: Readonly<Record<ListedKind, string>> = {
  tool: 'tools',
  prompt: 'prompts',
  template: 'resourceTemplates',
  resource: 'resources',
};

export const listOf = (kind: ListedKind, items: readonly JsonObject[], nextCursor: string | null): JsonObject => ({
  [MEMBERS[kind]]: items,
  ...(nextCursor === null ? {} : { nextCursor }),
});

/** Checks of params that every revision has alike. */
export const COMMON_CHECKS: Readonly<Record<string, Check>> = {
  'tools/list': checkList,
  'prompts/list': checkList,
  'resources/list': checkList,
  'resources/templates/list': checkList,
};

/** Notifications of servers that every revision has alike. */
export const COMMON_NOTIFICATIONS: Readonly<Record<string, Check>> = {
  'notifications/progress': checkProgress,
  'notifications/message': checkLogMessage,
  'notifications/tools/list_changed': checkPlain,
  'notifications/prompts/list_changed': checkPlain,
  'notifications/resources/list_changed': checkPlain,
  'notifications/resources/updated': checkSubscribe,
};

/** Whether what a server tells of its own accord has the shape that every revision gives it; what none knows is left to whoever asks. */
export function isSoundNotification(method: string, params: JsonObject): boolean {
  const check = Object.hasOwn(COMMON_NOTIFICATIONS, method) ? COMMON_NOTIFICATIONS[method] : undefined;
  return check === undefined || (hasGoodMeta(params) && check(params).ok);
}
