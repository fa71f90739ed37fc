import type { Result } from '../../base/result.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { ProtocolReason } from '../../contracts/reasons/protocol.ts';
import type { Asked, AskReason } from '../asks/ask.ts';
import type { Round } from '../asks/rounds.ts';
import type { RpcErrorResponse, RpcId, RpcResult } from '../json-rpc.ts';
import type { Revision } from '../revision.ts';

export type LogLevel = 'debug' | 'info' | 'notice' | 'warning' | 'error' | 'critical' | 'alert' | 'emergency';

/** What 2026-07-28 carries in the `_meta` of each request. Names in it are for logs, never for decisions. */
export interface RequestMeta {
  readonly protocolVersion: string;
  readonly clientCapabilities: JsonObject;
  readonly clientInfo: JsonObject | null;
  /** Null: no log messages on this request. */
  readonly logLevel: LogLevel | null;
}

/** Which changes a `subscriptions/listen` wants. */
export interface ListenFilter {
  readonly toolsListChanged: boolean;
  readonly promptsListChanged: boolean;
  readonly resourcesListChanged: boolean;
  readonly resourceSubscriptions: readonly string[];
  /** Of the extension for tasks: those whose states are told. */
  readonly taskIds: readonly string[];
}

/** What a completion is for: a prompt by its name, or a template by its `uriTemplate`. */
export type CompletionReference = { readonly type: 'prompt'; readonly name: string } | { readonly type: 'resource'; readonly uri: string };

/** Whose definitions stand in a list. */
export type ListedKind = 'tool' | 'prompt' | 'template' | 'resource';

/** Params as they were understood. Members beyond these were read by nobody and must not be forwarded. */
export type Params =
  | { readonly kind: 'plain' }
  | { readonly kind: 'initialize'; readonly protocolVersion: string; readonly capabilities: JsonObject; readonly clientInfo: JsonObject }
  | { readonly kind: 'list'; readonly cursor: string | null }
  | {
      readonly kind: 'call';
      readonly name: string;
      readonly arguments: JsonObject;
      readonly progressToken: RpcId | null;
      /** 2025-11-25: the client wishes that it runs as a task; absent where it does not. */
      readonly task?: { readonly ttl: number | null };
    }
  /** About a task, under the id that the client knows. */
  | { readonly kind: 'task'; readonly taskId: string; readonly responses: JsonObject | null; readonly progressToken: RpcId | null }
  | { readonly kind: 'get'; readonly name: string; readonly arguments: JsonObject; readonly progressToken: RpcId | null }
  | { readonly kind: 'read'; readonly uri: string; readonly progressToken: RpcId | null }
  | { readonly kind: 'subscribe'; readonly uri: string }
  | {
      readonly kind: 'complete';
      readonly ref: CompletionReference;
      readonly argument: { readonly name: string; readonly value: string };
      /** Arguments that were completed before; null where the client gave none, or its revision has none. */
      readonly context: JsonObject | null;
    }
  | { readonly kind: 'log-level'; readonly level: LogLevel }
  | { readonly kind: 'cancelled'; readonly requestId: RpcId | null; readonly reason: string | null }
  | {
      readonly kind: 'progress';
      readonly progressToken: RpcId;
      readonly progress: number;
      readonly total: number | null;
      readonly message: string | null;
    }
  | { readonly kind: 'log-message'; readonly level: LogLevel; readonly logger: string | null }
  | { readonly kind: 'listen'; readonly filter: ListenFilter }
  /** Of a server to its client. */
  | { readonly kind: 'ask'; readonly asked: Asked }
  /** Of a client to what a server asked. */
  | { readonly kind: 'answer'; readonly message: RpcResult | RpcErrorResponse };

export interface CheckedParams {
  readonly params: Params;
  /** Null in the stateful revisions. */
  readonly meta: RequestMeta | null;
  /** What a retried request of 2026-07-28 brings from the round before; absent where it brings nothing. */
  readonly round?: Round;
}

export type ParamsReason = Extract<
  ProtocolReason,
  'protocol.invalid_params' | 'protocol.missing_meta' | 'protocol.unsupported_version' | 'protocol.method_not_built'
>;

export type ParamsVerdict = Result<CheckedParams, ParamsReason | AskReason>;

/** A result and its canonical text, which always belong together. */
export interface ShapedResult {
  readonly value: JsonObject;
  readonly text: string;
}

/** What one revision knows. Each stands in a file of its own that imports no other, so that an old one never changes with a new one. */
export interface RevisionRules {
  readonly revision: Revision;
  /** Checks the params of a built method, from either side; any other method fails with `protocol.method_not_built`. */
  checkParams(method: string, params: JsonObject | null): ParamsVerdict;
  /** A definition with the fields that this revision has, for lists. */
  shapeItem(kind: ListedKind, definition: JsonObject): JsonObject;
  /** A result of a forwarded method, of a server of any revision, as this revision has it. */
  shapeResult(method: string, result: ShapedResult): ShapedResult;
  /** The result of a list method. */
  shapeList(kind: ListedKind, items: readonly JsonObject[], nextCursor: string | null): JsonObject;
}
