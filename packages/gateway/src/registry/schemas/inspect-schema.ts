import { LIMITS } from '../../base/limits.ts';
import { failure, type Result, success } from '../../base/result.ts';
import type { JsonObject, JsonValue } from '../../contracts/json.ts';
import type { RegistryReason } from '../../contracts/reasons/registry.ts';
import { type Dialect, dialectOf } from './dialect.ts';
import { expandedCost } from './expanded-cost.ts';
import { childrenOf, isObject } from './positions.ts';
import { anchorsIn, isLocal, type Reached, referencesOf, resolve } from './references.ts';
import { fitsRe2 } from './regular-expression.ts';

export interface SchemaFacts {
  readonly dialect: Dialect;
  /** False: a pattern that RE2 cannot express, recursion, or references that multiply; validation needs a time limit, so a worker. */
  readonly linear: boolean;
}

type Found<T> = Result<T, RegistryReason>;

/**
 * Judges a schema that a stranger wrote, without compiling it: dialect, size, depth, count, references, keywords that must not be there.
 * Its own time is linear in the size, which is bounded first.
 */
export function inspectSchema(schema: JsonObject): Found<SchemaFacts> {
  const plain = checkJson(schema);
  if (!plain.ok) return plain;
  const dialect = dialectOf(schema);
  if (dialect === null) return failure('registry.tool.schema_dialect', `$schema is ${JSON.stringify(schema['$schema']).slice(0, 100)}`);
  const reached = reach(schema);
  if (!reached.ok) return reached;
  const sound = checkKeywords(reached.value);
  if (!sound.ok) return sound;
  const cost = expandedCost(reached.value);
  return success({ dialect, linear: cost <= LIMITS.schemaExpandedCost && patternsOf(reached.value).every(fitsRe2) });
}

// Iterative: a recursive check would overflow the stack on the very input that it is to refuse.
function checkJson(schema: JsonObject): Found<null> {
  const queue: { readonly value: JsonValue; readonly depth: number }[] = [{ value: schema, depth: 1 }];
  let nodes = 0;
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (next.depth > LIMITS.jsonDepth) return failure('registry.tool.schema_too_large', `nested deeper than ${LIMITS.jsonDepth}`);
    nodes += 1;
    if (nodes > LIMITS.toolDefinitionBytes) return failure('registry.tool.schema_too_large', 'too many values');
    if (typeof next.value !== 'object' || next.value === null) continue;
    // Prototype pollution: `__proto__` in a schema has no honest use, and code generators skip it silently.
    if (Object.hasOwn(next.value, '__proto__')) return failure('registry.tool.schema_invalid', 'it has a key __proto__');
    for (const value of Object.values(next.value)) queue.push({ value, depth: next.depth + 1 });
  }
  return bytesOf(schema) > LIMITS.toolDefinitionBytes
    ? failure('registry.tool.schema_too_large', `larger than ${LIMITS.toolDefinitionBytes} bytes`)
    : success(null);
}

const bytesOf = (value: JsonObject): number => Buffer.byteLength(JSON.stringify(value));

function reach(root: JsonObject): Found<Reached> {
  const anchors = new Map<string, JsonObject>();
  const first = walk(root, [root], new Set(), anchors);
  if (!first.ok) return first;
  const schemas = first.value;
  // References may point at what no keyword reaches (`#/components/x`): those are walked too, until nothing new turns up.
  for (const schema of schemas) {
    for (const reference of referencesOf(schema)) {
      if (!isLocal(reference))
        return failure('registry.tool.schema_invalid', `it refers to ${reference.slice(0, 100)}, which is not in it`);
      const target = resolve(root, anchors, reference);
      if (target === null) return failure('registry.tool.schema_invalid', `${reference.slice(0, 100)} leads nowhere`);
      if (target === true || schemas.has(target)) continue;
      const more = walk(root, [target], schemas, anchors);
      if (!more.ok) return more;
    }
  }
  return success({ root, schemas, anchors });
}

function walk(
  root: JsonObject,
  from: readonly JsonObject[],
  seen: Set<JsonObject>,
  anchors: Map<string, JsonObject>,
): Found<Set<JsonObject>> {
  let level = from;
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > LIMITS.schemaDepth) return failure('registry.tool.schema_too_large', `schemas nested deeper than ${LIMITS.schemaDepth}`);
    for (const schema of level) {
      seen.add(schema);
      for (const name of anchorsIn(schema)) anchors.set(name, schema);
      if (schema !== root && isBase(schema['$id'])) return failure('registry.tool.schema_invalid', 'it has a second base ($id)');
    }
    if (seen.size > LIMITS.schemaSubschemas)
      return failure('registry.tool.schema_too_large', `more than ${LIMITS.schemaSubschemas} schemas`);
    level = level
      .flatMap(childrenOf)
      .map((child) => child.schema)
      .filter((schema) => !seen.has(schema));
  }
  return success(seen);
}

// A nested `$id` changes what `#/...` means below it. No tool needs that; two readings of one reference do harm.
const isBase = (id: JsonValue | undefined): boolean => typeof id === 'string' && !id.startsWith('#');

function checkKeywords({ schemas }: Reached): Found<null> {
  for (const schema of schemas) {
    // ajv's own extension: an asynchronous validator returns a promise, which a careless caller takes for true.
    if (Object.hasOwn(schema, '$async')) return failure('registry.tool.schema_invalid', 'it has the keyword $async');
    if (isObject(schema['$vocabulary'])) return failure('registry.tool.schema_dialect', 'it defines a vocabulary');
  }
  return success(null);
}

function patternsOf({ schemas }: Reached): readonly string[] {
  const patterns: string[] = [];
  for (const schema of schemas) {
    if (typeof schema['pattern'] === 'string') patterns.push(schema['pattern']);
    if (isObject(schema['patternProperties'])) patterns.push(...Object.keys(schema['patternProperties']));
  }
  return patterns;
}
