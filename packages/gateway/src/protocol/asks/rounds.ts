import { failure, type Result, success } from '../../base/result.ts';
import type { JsonObject, JsonValue } from '../../contracts/json.ts';
import { isObject } from '../json-rpc.ts';
import { type Asked, type AskReason, readAnswerTo, readAsk } from './ask.ts';
import { readAnyElicited } from './elicitation.ts';
import { isName } from './fields.ts';
import { readRoots } from './roots.ts';
import { readSampled } from './sampling.ts';

/** What a retried request brings with it (MCP 2026-07-28, multi round-trip requests). */
export interface Round {
  readonly responses: JsonObject | null;
  /** `requestState` as the client gave it back. */
  readonly state: string | null;
}

/** What a server needs before it can answer. */
export interface InputRequired {
  readonly asked: Readonly<Record<string, Asked>>;
  /** The server's own state, opaque; null where it gave none. */
  readonly state: string | null;
}

const REQUESTS = 16;
const STATE_CHARS = 65_536;
/** Our handle holds the server's state and the questions, encrypted and written in base64. */
const HANDLE_CHARS = 1_048_576;

/** Null where the params bring nothing of a former round; a text says what is wrong with what they bring. */
export function readRound(params: JsonObject): Round | null | string {
  const { inputResponses, requestState } = params;
  if (inputResponses === undefined && requestState === undefined) return null;
  if (requestState !== undefined && (typeof requestState !== 'string' || requestState.length > HANDLE_CHARS))
    return 'requestState is a string';
  if (inputResponses !== undefined && !isObject(inputResponses)) return 'inputResponses is an object';
  return { responses: inputResponses ?? null, state: requestState ?? null };
}

export const isInputRequired = (result: JsonObject): boolean => result['resultType'] === 'input_required';

/** Reads a result of `input_required`. `protocol.invalid_message` where it is none that may go on. */
export function readInputRequired(result: JsonObject): Result<InputRequired, AskReason | 'protocol.invalid_message'> {
  const { inputRequests, requestState } = result;
  if (requestState !== undefined && (typeof requestState !== 'string' || requestState.length > STATE_CHARS))
    return failure('protocol.invalid_message', 'requestState');
  if (inputRequests !== undefined && !isObject(inputRequests)) return failure('protocol.invalid_message', 'inputRequests is an object');
  const named = Object.entries(inputRequests ?? {});
  if (named.length > REQUESTS) return failure('protocol.invalid_message', `more than ${REQUESTS} input requests`);
  if (named.length === 0 && requestState === undefined) return failure('protocol.invalid_message', 'nothing is asked');
  const asked: Record<string, Asked> = {};
  for (const [key, request] of named) {
    if (!isName(key) || !isObject(request) || typeof request['method'] !== 'string')
      return failure('protocol.invalid_message', 'an input request');
    const read = readAsk(request['method'], isObject(request['params']) ? request['params'] : {}, 'modern');
    if (!read.ok) return read;
    asked[key] = read.value;
  }
  return success({ asked, state: requestState ?? null });
}

/** The questions as they go on to the client: what was read of them and nothing else. */
export const writeInputRequests = (asked: InputRequired['asked']): JsonObject =>
  Object.fromEntries(Object.entries(asked).map(([key, { method, params }]) => [key, { method, params }]));

/**
 * The answers that fit the questions. Keys that were not asked are left behind, ones that are missing are for the server to ask for again. Without
 * questions (a client that answers of its own accord) each must at least be an answer to something.
 */
export function readResponses(asked: InputRequired['asked'] | null, responses: JsonObject): Result<JsonObject, 'protocol.invalid_params'> {
  if (Object.keys(responses).length > REQUESTS) return failure('protocol.invalid_params', `more than ${REQUESTS} input responses`);
  const read: Record<string, JsonValue> = {};
  for (const [key, response] of Object.entries(responses)) {
    if (asked !== null && !Object.hasOwn(asked, key)) continue;
    const answer = isName(key) && isObject(response) ? readResponse(asked?.[key] ?? null, response) : null;
    if (answer === null) return failure('protocol.invalid_params', `inputResponses: ${isName(key) ? key : 'a key'} does not fit`);
    read[key] = answer;
  }
  return success(read);
}

function readResponse(asked: Asked | null, response: JsonObject): JsonObject | null {
  if (asked !== null) {
    const read = readAnswerTo(asked, response);
    return read.ok ? read.value : null;
  }
  const readings = [readAnyElicited(response), readSampled({}, response), readRoots(response)];
  return readings.find((reading): reading is JsonObject => typeof reading !== 'string') ?? null;
}
