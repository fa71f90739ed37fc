import type { Result } from '../base/result.ts';
import { failure, success } from '../base/result.ts';
import type { JsonObject } from '../contracts/json.ts';
import { isBlock } from './content-block.ts';
import { isObject } from './json-rpc.ts';

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
