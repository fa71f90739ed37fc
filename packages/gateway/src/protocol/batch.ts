import { LIMITS } from '../base/limits.ts';
import { failure, type Result, success } from '../base/result.ts';
import type { JsonValue } from '../contracts/json.ts';
import { isObject } from './json-rpc.ts';

/**
 * Whether a batch of MCP 2025-03-26 can be taken apart: 1 to `LIMITS.batchMembers` messages, none of which is a batch or `initialize`, and no id that
 * two requests have, since their answers could not be told apart. Fails with `protocol.invalid_batch`; what its members say is not looked at.
 */
export function checkBatch(items: readonly JsonValue[]): Result<readonly JsonValue[], 'protocol.invalid_batch'> {
  if (items.length === 0) return invalid('it is empty');
  if (items.length > LIMITS.batchMembers) return invalid(`it has more than ${LIMITS.batchMembers} messages`);
  const ids = new Set<string>();
  for (const item of items) {
    if (Array.isArray(item)) return invalid('a batch holds no batch');
    if (!isObject(item)) continue;
    if (item['method'] === 'initialize') return invalid('initialize stands alone');
    if (item['method'] === undefined || item['id'] === undefined) continue;
    const id = JSON.stringify(item['id']);
    if (ids.has(id)) return invalid('two requests have one id');
    ids.add(id);
  }
  return success(items);
}

const invalid = (detail: string): Result<never, 'protocol.invalid_batch'> => failure('protocol.invalid_batch', detail);
