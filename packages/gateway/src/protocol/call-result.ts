import type { Result } from '../base/result.ts';
import { failure, success } from '../base/result.ts';
import type { JsonObject, JsonValue } from '../contracts/json.ts';
import { isObject } from './json-rpc.ts';

/** The text-bearing members that a block of each kind must have. A kind that is not here is refused: no screen knows how to read it. */
const BLOCKS: Readonly<Record<string, readonly string[]>> = {
  text: ['text'],
  image: ['data', 'mimeType'],
  audio: ['data', 'mimeType'],
  resource_link: ['uri', 'name'],
  resource: [],
};

/**
 * Whether a server's result of `tools/call` has the protocol's shape, in whichever revision. Fails with `protocol.invalid_message`: it must
 * not be forwarded blindly. `resultType` absent means complete; any other than that is one that the gateway does not relay.
 */
export function checkCallResult(result: JsonObject): Result<void, 'protocol.invalid_message'> {
  const { resultType, content, isError, structuredContent, _meta } = result;
  if (resultType !== undefined && resultType !== 'complete') return invalid('resultType');
  if (isError !== undefined && typeof isError !== 'boolean') return invalid('isError is true or false');
  if (_meta !== undefined && !isObject(_meta)) return invalid('_meta is an object');
  if (content === undefined) return structuredContent === undefined ? invalid('no content') : success(undefined);
  if (!Array.isArray(content)) return invalid('content is a list');
  return content.every(isBlock) ? success(undefined) : invalid('a block of content has the wrong shape');
}

const invalid = (detail: string): Result<void, 'protocol.invalid_message'> => failure('protocol.invalid_message', detail);

function isBlock(block: JsonValue): boolean {
  if (!isObject(block)) return false;
  const type = block['type'];
  const needed = typeof type === 'string' && Object.hasOwn(BLOCKS, type) ? BLOCKS[type] : undefined;
  if (needed === undefined || !needed.every((key) => typeof block[key] === 'string')) return false;
  return type !== 'resource' || isEmbedded(block['resource']);
}

const isEmbedded = (resource: JsonValue | undefined): boolean =>
  isObject(resource) &&
  typeof resource['uri'] === 'string' &&
  (typeof resource['text'] === 'string') !== (typeof resource['blob'] === 'string');
