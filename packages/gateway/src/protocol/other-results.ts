import type { Result } from '../base/result.ts';
import { failure, success } from '../base/result.ts';
import type { JsonObject, JsonValue } from '../contracts/json.ts';
import { isBlock, isResourceContents } from './content-block.ts';
import { isObject } from './json-rpc.ts';

type Checked = Result<void, 'protocol.invalid_message'>;

/** MCP 2025-11-25, completion: at most 100 values in an answer. */
const COMPLETIONS = 100;
const RIGHT: Checked = success(undefined);
const invalid = (detail: string): Checked => failure('protocol.invalid_message', detail);
const isTextOrAbsent = (value: JsonValue | undefined): boolean => value === undefined || typeof value === 'string';

/** Whether a server's result of `prompts/get` has the protocol's shape, in whichever revision. */
export function checkGetResult(result: JsonObject): Checked {
  const { messages, description } = result;
  if (!isTextOrAbsent(description)) return invalid('description is a string');
  if (!Array.isArray(messages)) return invalid('messages is a list');
  return messages.every(isMessage) ? withMeta(result) : invalid('a message has the wrong shape');
}

const isMessage = (message: JsonValue): boolean =>
  isObject(message) && (message['role'] === 'user' || message['role'] === 'assistant') && isBlock(message['content']);

/** Likewise of `resources/read`. */
export function checkReadResult(result: JsonObject): Checked {
  const { contents } = result;
  if (!Array.isArray(contents)) return invalid('contents is a list');
  return contents.every(isResourceContents) ? withMeta(result) : invalid('a part of contents has the wrong shape');
}

/** Likewise of `completion/complete`. */
export function checkCompleteResult(result: JsonObject): Checked {
  const { completion } = result;
  if (!isObject(completion)) return invalid('completion is an object');
  const { values, total, hasMore } = completion;
  if (!Array.isArray(values) || values.length > COMPLETIONS || !values.every((value) => typeof value === 'string'))
    return invalid(`values is a list of at most ${COMPLETIONS} strings`);
  if (total !== undefined && typeof total !== 'number') return invalid('total is a number');
  return hasMore === undefined || typeof hasMore === 'boolean' ? withMeta(result) : invalid('hasMore is true or false');
}

/** A result that says nothing: of `resources/subscribe` and `resources/unsubscribe`. */
export const checkEmptyResult = (result: JsonObject): Checked => withMeta(result);

// `resultType` absent means complete; any other than that is one that the gateway does not relay.
function withMeta({ resultType, _meta }: JsonObject): Checked {
  if (resultType !== undefined && resultType !== 'complete') return invalid('resultType');
  return _meta === undefined || isObject(_meta) ? RIGHT : invalid('_meta is an object');
}
