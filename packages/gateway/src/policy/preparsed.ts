import cedar from '@cedar-policy/cedar-wasm/nodejs';
import { sha256Hex } from '../base/bytes.ts';
import { failure, type Result, success } from '../base/result.ts';
import type { PolicyReason } from '../contracts/reasons/policy.ts';

export type CedarPolicies = Readonly<Record<string, string | cedar.PolicyJson>>;

/** Slices that Cedar holds at a time, 16 KB each: without grants there is one, and one more for each pair of a caller and a tool granted to it. */
export const SLOTS = 256;

// Cedar keeps what was preparsed for the life of the thread and has no delete: new ids leak, the same id again does not. So there is a
// fixed set of ids, handed out here, and the least recently used one is overwritten. Keyed by content: equal slices of two snapshots
// share a slot, and a slice of an old snapshot can never be mistaken for one of the new.
const slots = new Map<string, string>();
const schemas = new Map<string, string>();

/** The id under which Cedar holds these policies now. It is valid until the next call of this function. */
export function preparedPolicies(content: string, policies: CedarPolicies): Result<string, PolicyReason> {
  return prepared(slots, content, SLOTS, 'policies', (id) => cedar.preparsePolicySet(id, { staticPolicies: { ...policies } }));
}

/** The name under which Cedar holds this schema now. Replaying an old version may need a second one. */
export function preparedSchema(schema: string): Result<string, PolicyReason> {
  return prepared(schemas, sha256Hex(schema), 4, 'schema', (name) => cedar.preparseSchema(name, schema));
}

function prepared(
  table: Map<string, string>,
  content: string,
  most: number,
  prefix: string,
  parse: (id: string) => cedar.CheckParseAnswer,
): Result<string, PolicyReason> {
  const held = table.get(content);
  if (held !== undefined) {
    table.delete(content);
    table.set(content, held);
    return success(held);
  }
  const id = table.size < most ? `${prefix}-${table.size}` : evictOldest(table);
  const answer = parse(id);
  if (answer.type === 'failure') {
    // The id stays in the table under a key that nobody asks for, so the number of ids never grows.
    table.set(`void ${id}`, id);
    return failure('policy.invalid', describe(answer.errors));
  }
  table.set(content, id);
  return success(id);
}

function evictOldest(table: Map<string, string>): string {
  const oldest = table.entries().next().value ?? ['', 'policies-0'];
  table.delete(oldest[0]);
  return oldest[1];
}

export const describe = (errors: readonly cedar.DetailedError[]): string =>
  errors
    .slice(0, 3)
    .map((error) => (error.help === null ? error.message : `${error.message} (${error.help})`))
    .join('; ')
    .slice(0, 500);
