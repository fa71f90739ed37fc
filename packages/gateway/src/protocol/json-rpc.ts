import { LIMITS } from '../base/limits.ts';
import type { Result } from '../base/result.ts';
import { failure, success } from '../base/result.ts';
import type { JsonObject, JsonValue } from '../contracts/json.ts';
import type { ProtocolReason } from '../contracts/reasons/protocol.ts';

/** At most 256 bytes of text, or a safe integer. Never null: MCP has narrowed JSON-RPC here. */
export type RpcId = string | number;

export interface RpcRequest {
  readonly kind: 'request';
  readonly id: RpcId;
  readonly method: string;
  /** Null when the message has none. */
  readonly params: JsonObject | null;
}

export interface RpcNotification {
  readonly kind: 'notification';
  readonly method: string;
  readonly params: JsonObject | null;
}

export interface RpcResult {
  readonly kind: 'result';
  readonly id: RpcId;
  readonly result: JsonObject;
}

export interface RpcErrorResponse {
  readonly kind: 'error';
  /** Null where the peer could not tell which request it refused (JSON-RPC 2.0 section 5). */
  readonly id: RpcId | null;
  readonly error: RpcError;
}

export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: JsonValue;
}

/** Only told apart here; its messages are not looked at. MCP 2025-03-26 alone has batches. */
export interface RpcBatch {
  readonly kind: 'batch';
  readonly items: readonly JsonValue[];
}

export type RpcMessage = RpcRequest | RpcNotification | RpcResult | RpcErrorResponse | RpcBatch;

type Classified = Result<RpcMessage, ProtocolReason>;

const TOP_LEVEL = new Set(['jsonrpc', 'id', 'method', 'params', 'result', 'error']);
const ERROR_MEMBERS = new Set(['code', 'message', 'data']);

/**
 * What a parsed value is as a JSON-RPC 2.0 message, exactly: no unknown member beside the known ones, result or error but not both.
 * Fails with `protocol.invalid_id` where only the id is wrong, else `protocol.invalid_message`; `idOf` finds the id for the answer.
 */
export function classify(value: JsonValue): Classified {
  if (Array.isArray(value)) return success({ kind: 'batch', items: value });
  if (!isObject(value)) return invalid('a message is an object');
  if (value['jsonrpc'] !== '2.0') return invalid('jsonrpc is "2.0"');
  for (const key of Object.keys(value)) if (!TOP_LEVEL.has(key)) return invalid(`unknown member ${key}`);
  return value['method'] === undefined ? classifyAnswer(value) : classifyCall(value);
}

/** The id of a request that was refused, for the refusal to carry; null when there is none that can be trusted. */
export function idOf(value: JsonValue): RpcId | null {
  if (!isObject(value) || value['method'] === undefined) return null;
  const id = value['id'];
  return isRpcId(id) ? id : null;
}

export const isRpcId = (id: JsonValue | undefined): id is RpcId =>
  typeof id === 'string' ? isShort(id, LIMITS.idBytes) : typeof id === 'number' && Number.isSafeInteger(id);

function classifyCall(value: JsonObject): Classified {
  const { id, method, params } = value;
  if (typeof method !== 'string' || method === '' || !isShort(method, LIMITS.methodBytes)) return invalid('method is a short string');
  if (params !== undefined && !isObject(params)) return invalid('params is an object');
  if (value['result'] !== undefined || value['error'] !== undefined) return invalid('a request has no result or error');
  const rest = { method, params: params ?? null };
  if (id === undefined) return success({ kind: 'notification', ...rest });
  return isRpcId(id) ? success({ kind: 'request', id, ...rest }) : failure('protocol.invalid_id');
}

function classifyAnswer(value: JsonObject): Classified {
  const { id, result, error, params } = value;
  if (params !== undefined || (result === undefined) === (error === undefined)) return invalid('an answer has result or error');
  if (error !== undefined) return classifyError(id, error);
  if (!isObject(result)) return invalid('result is an object');
  return isRpcId(id) ? success({ kind: 'result', id, result }) : failure('protocol.invalid_id');
}

function classifyError(id: JsonValue | undefined, error: JsonValue): Classified {
  if (!isObject(error)) return invalid('error is an object');
  for (const key of Object.keys(error)) if (!ERROR_MEMBERS.has(key)) return invalid(`unknown member error.${key}`);
  const { code, message, data } = error;
  if (!Number.isSafeInteger(code) || typeof message !== 'string') return invalid('error has an integer code and a message');
  if (id !== undefined && id !== null && !isRpcId(id)) return failure('protocol.invalid_id');
  const parts = { code: code as number, message };
  return success({ kind: 'error', id: id ?? null, error: data === undefined ? parts : { ...parts, data } });
}

const invalid = (detail: string): Classified => failure('protocol.invalid_message', detail);

const isShort = (text: string, bytes: number): boolean => text.length <= bytes && Buffer.byteLength(text) <= bytes;

export const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `resultText` is the canonical JSON text of the result and goes out as it is. */
export const writeResult = (id: RpcId, resultText: string): string => `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${resultText}}`;

/** `id` null where the request's own could not be read (JSON-RPC 2.0 section 5). */
export const writeError = (id: RpcId | null, { code, message, data }: RpcError): string =>
  `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"error":${JSON.stringify(data === undefined ? { code, message } : { code, message, data })}}`;

/** `paramsText` is canonical JSON text of an object, or null for a notification without params. */
export const writeNotification = (method: string, paramsText: string | null): string =>
  `{"jsonrpc":"2.0","method":${JSON.stringify(method)}${paramsText === null ? '' : `,"params":${paramsText}`}}`;

/** `paramsText` is canonical JSON text of an object, or null for a request without params. */
export const writeRequest = (id: RpcId, method: string, paramsText: string | null): string =>
  `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"method":${JSON.stringify(method)}${paramsText === null ? '' : `,"params":${paramsText}`}}`;
