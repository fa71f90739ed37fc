import cedar from '@cedar-policy/cedar-wasm/nodejs';
import { failure, type Result, success } from '../base/result.ts';
import type { PolicyReason } from '../contracts/reasons/policy.ts';

export type CedarPolicies = Readonly<Record<string, string | cedar.PolicyJson>>;

/**
 * Slices that Cedar holds at a time, 16 KB each and 50 KB with twelve policies, which take 2 ms to read: without grants and own policies there is one, one
 * more for each pair of a caller and a tool granted to it, and a few for each set of own policies that concern somebody and something.
 */
export const SLOTS = 512;

// Cedar keeps what was preparsed for the life of the thread and has no delete: new ids leak, the same id again does not. So there is a
// fixed set of ids, handed out here, and the least recently used one is overwritten. Keyed by content: equal slices of two snapshots
// share a slot, and a slice of an old snapshot can never be mistaken for one of the new.
const slots = new Map<string, string>();
const schemas = new Map<string, string>();

/** The id under which Cedar holds these policies now. It is valid until the next call of this function. */
export function preparedPolicies(content: string, policies: CedarPolicies): Result<string, PolicyReason> {
  return prepared(slots, content, SLOTS, 'policies', (id) => cedar.preparsePolicySet(id, { staticPolicies: { ...policies } }));
}

/** Schemas likewise, 14 KB each and 160 us to read: one for each set of arguments that policies read, since a tool's own stand in its schema. */
export const SCHEMAS = 512;

/** The name under which Cedar holds this schema now. Keyed by its text: one object a tool, whose hash the engine remembers. */
export function preparedSchema(schema: string): Result<string, PolicyReason> {
  return prepared(schemas, schema, SCHEMAS, 'schema', (name) => cedar.preparseSchema(name, schema));
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
