export { type Asked, declares, readAnswerTo, readAsk } from './asks/ask.ts';
export {
  type InputRequired,
  isInputRequired,
  type Round,
  readInputRequired,
  readResponses,
  writeInputRequests,
} from './asks/rounds.ts';
export {
  isTerminal,
  RELATED_TASK,
  readTask,
  TASKS_EXTENSION,
  type Task,
  taskSupportOf,
  writeTask,
} from './asks/task.ts';
export { checkBatch } from './batch.ts';
export { checkCallResult } from './call-result.ts';
export { type CalledBody, checkHeaders, checkParamHeaders, type Headers, legacyRevision, writeHeaders } from './headers.ts';
export { STRICT_LIMITS, type StrictLimits } from './json-bounds.ts';
export {
  classify,
  idOf,
  isObject,
  type RpcBatch,
  type RpcError,
  type RpcErrorResponse,
  type RpcId,
  type RpcMessage,
  type RpcNotification,
  type RpcRequest,
  type RpcResult,
} from './json-rpc.ts';
export { type LargeJson, type LargeReader, openLargeReader } from './large/large-reader.ts';
export { type Direction, METHODS, type MethodClass, type MethodPlan, planOf } from './methods.ts';
export { type QualifiedName, qualifyName, qualifyUri, splitUri } from './names.ts';
export { oneLine } from './one-line.ts';
export { checkCompleteResult, checkEmptyResult, checkGetResult, checkReadResult } from './other-results.ts';
export { type ParamHeader, readParamHeaders, writeParamHeaders } from './param-headers.ts';
export {
  isLegacyRevision,
  LATEST_LEGACY,
  type LegacyRevision,
  MODERN,
  negotiate,
  REVISIONS,
  type Revision,
} from './revision.ts';
export { isSoundNotification } from './revisions/check.ts';
export type {
  CheckedParams,
  CompletionReference,
  ListedKind,
  ListenFilter,
  LogLevel,
  Params,
  ParamsReason,
  ParamsVerdict,
  RequestMeta,
  RevisionRules,
  ShapedResult,
} from './revisions/rules.ts';
export { rulesOf } from './revisions/table.ts';
export { sliceResult } from './slice-result.ts';
export { type EventFields, type SseOptions, SseReader } from './sse-reader.ts';
export type { OutgoingEvent } from './sse-writer.ts';
export { LineReader, StdioFraming, type StdioListener } from './stdio.ts';
export { parseStrict, type StrictJson } from './strict-json.ts';
export type { StrictReason, StrictRule } from './strict-rules.ts';
export { readTraceContext, writeTraceContext } from './trace-context.ts';
export { compileTemplate } from './uri-template.ts';
