import type { JsonObject, JsonValue } from '../../contracts/json.ts';
import { isObject } from './positions.ts';

const REFERENCES = ['$ref', '$dynamicRef', '$recursiveRef'];

/** Every schema reached from the root, with what is needed to follow references. */
export interface Reached {
  readonly root: JsonObject;
  readonly schemas: ReadonlySet<JsonObject>;
  readonly anchors: ReadonlyMap<string, JsonObject>;
}

/** The references that stand directly in a schema, as they are written. */
export const referencesOf = (schema: JsonObject): readonly string[] =>
  REFERENCES.map((keyword) => schema[keyword]).filter((value) => typeof value === 'string');

/** MCP: implementations MUST NOT fetch a `$ref`. Only fragments of the same document are followed; all else is refused at pinning. */
export const isLocal = (reference: string): boolean => reference.startsWith('#');

/** What a local reference means, or null where it leads nowhere. `anchors` as `anchorsOf` found them. */
export function resolve(root: JsonObject, anchors: ReadonlyMap<string, JsonObject>, reference: string): JsonObject | true | null {
  const fragment = decode(reference.slice(1));
  if (fragment === null) return null;
  if (fragment === '') return root;
  if (!fragment.startsWith('/')) return anchors.get(fragment) ?? null;
  return asSchema(pointer(root, fragment.slice(1).split('/')));
}

// RFC 6901: `~1` is a slash and `~0` a tilde, in this order.
function pointer(root: JsonObject, steps: readonly string[]): JsonValue | undefined {
  let value: JsonValue | undefined = root;
  for (const step of steps) {
    if (typeof value !== 'object' || value === null) return undefined;
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (!Object.hasOwn(value, key)) return undefined;
    value = (value as JsonObject)[key];
  }
  return value;
}

const asSchema = (value: JsonValue | undefined): JsonObject | true | null => {
  if (typeof value === 'boolean') return true;
  return isObject(value) ? value : null;
};

function decode(fragment: string): string | null {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return null;
  }
}

/** The names that a schema gives itself: `$anchor`, `$dynamicAnchor`, and draft-07's `$id: "#name"`. */
export function anchorsIn(schema: JsonObject): readonly string[] {
  const names = [schema['$anchor'], schema['$dynamicAnchor']].filter((name) => typeof name === 'string');
  const id = schema['$id'];
  return typeof id === 'string' && id.startsWith('#') ? [...names, id.slice(1)] : names;
}
