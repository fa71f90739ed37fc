import type { JsonObject } from '../../contracts/json.ts';
import { childrenOf } from './positions.ts';
import { type Reached, referencesOf, resolve } from './references.ts';

/**
 * How many schemas are applied when every reference is followed (a chain of `allOf: [{$ref: next}, {$ref: next}]` of thirty links is 2^30).
 * Infinity for recursive schemas, whose work depends on the value.
 */
export function expandedCost(reached: Reached): number {
  return costOf(reached.root, reached, new Map(), new Set());
}

// The depth of this recursion is bounded by the number of schemas, which is bounded.
function costOf(schema: JsonObject, reached: Reached, known: Map<JsonObject, number>, open: Set<JsonObject>): number {
  const held = known.get(schema);
  if (held !== undefined) return held;
  if (open.has(schema)) return Number.POSITIVE_INFINITY;
  open.add(schema);
  let cost = 1;
  for (const next of successors(schema, reached)) cost += costOf(next, reached, known, open);
  open.delete(schema);
  known.set(schema, cost);
  return cost;
}

function successors(schema: JsonObject, reached: Reached): readonly JsonObject[] {
  const used = childrenOf(schema).filter((child) => child.place !== 'unused');
  const targets = referencesOf(schema).map((reference) => resolve(reached.root, reached.anchors, reference));
  return [...used.map((child) => child.schema), ...targets.filter((target) => target !== null && target !== true)];
}
