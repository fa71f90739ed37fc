export { checkCallResult } from './call-result.ts';
export { decodeHeaderValue, encodeHeaderValue } from './header-value.ts';
export { type CalledBody, checkHeaders, checkParamHeaders, type Headers, legacyRevision, writeHeaders } from './headers.ts';
export { STRICT_LIMITS, type StrictLimits } from './json-bounds.ts';
export {
  classify,
  idOf,
  isObject,
  isRpcId,
  type RpcBatch,
  type RpcError,
  type RpcErrorResponse,
  type RpcId,
  type RpcMessage,
  type RpcNotification,
  type RpcRequest,
  type RpcResult,
  writeError,
  writeNotification,
  writeRequest,
  writeResult,
} from './json-rpc.ts';
export { type LargeJson, type LargeReader, openLargeReader } from './large/large-reader.ts';
export { type Direction, METHODS, type MethodClass, type MethodPlan, planOf } from './methods.ts';
export { type QualifiedName, qualifyName, splitName } from './names.ts';
export { argumentAt, type ParamHeader, readParamHeaders, writeParamHeaders } from './param-headers.ts';
export {
  eraOf,
  isLegacyRevision,
  isRevision,
  LATEST_LEGACY,
  type LegacyRevision,
  MODERN,
  negotiate,
  REVISION_WITHOUT_HEADER,
  REVISIONS,
  type Revision,
} from './revision.ts';
export type {
  CheckedParams,
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
export { type OutgoingEvent, writeComment, writeEvent, writeRetry } from './sse-writer.ts';
export { LineReader, StdioFraming, type StdioListener } from './stdio.ts';
export { parseStrict, type StrictJson } from './strict-json.ts';
export { STRICT_RULES, type StrictReason, type StrictRule } from './strict-rules.ts';
