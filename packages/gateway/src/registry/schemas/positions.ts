import type { JsonObject, JsonValue } from '../../contracts/json.ts';

const ONE = ['not', 'if', 'then', 'else', 'additionalProperties', 'propertyNames', 'contains', 'additionalItems'];
const ONE_NEWER = ['unevaluatedProperties', 'unevaluatedItems', 'contentSchema'];
const LIST = ['allOf', 'anyOf', 'oneOf', 'prefixItems'];
const MAP = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas', 'dependencies'];
const IN_PLACE = new Set(['not', 'if', 'then', 'else', 'allOf', 'anyOf', 'oneOf', 'dependentSchemas', 'dependencies']);
const UNUSED = new Set(['$defs', 'definitions']);

export interface Child {
  readonly schema: JsonObject;
  /**
   * `here`: judges the same value, so its cost adds to the parent's. `below`: judges a part of it. `unused`: a definition that costs
   * nothing until something refers to it.
   */
  readonly place: 'here' | 'below' | 'unused';
}

export const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The subschemas that stand directly in a schema. Keywords whose value is data (`enum`, `const`, `default`) are not entered. */
export function childrenOf(schema: JsonObject): readonly Child[] {
  const children: Child[] = [];
  for (const keyword of Object.keys(schema)) {
    for (const value of subschemas(keyword, schema[keyword])) {
      if (isObject(value)) children.push({ schema: value, place: placeOf(keyword) });
    }
  }
  return children;
}

function subschemas(keyword: string, value: JsonValue | undefined): readonly JsonValue[] {
  if (value === undefined) return [];
  if (keyword === 'items') return Array.isArray(value) ? value : [value];
  if (ONE.includes(keyword) || ONE_NEWER.includes(keyword)) return [value];
  if (LIST.includes(keyword)) return Array.isArray(value) ? value : [];
  if (MAP.includes(keyword)) return isObject(value) ? Object.values(value) : [];
  return [];
}

function placeOf(keyword: string): Child['place'] {
  if (UNUSED.has(keyword)) return 'unused';
  return IN_PLACE.has(keyword) ? 'here' : 'below';
}
