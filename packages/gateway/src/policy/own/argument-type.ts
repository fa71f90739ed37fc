import type { JsonObject, JsonValue } from '../../contracts/json.ts';

/** What policies can compare of an argument. A number that may have decimals is a Cedar decimal: at most four of them. */
export type ArgumentType =
  | { readonly kind: 'String' | 'Long' | 'Bool' | 'decimal' }
  | { readonly kind: 'Set'; readonly of: 'String' | 'Long' | 'Bool' }
  | {
      readonly kind: 'record';
      readonly members: Readonly<Record<string, Member>>;
      /** Declared names that are left out and look like one that is not. */
      readonly alike?: readonly string[];
    }
  /** Nothing that Cedar could compare: why not. */
  | { readonly kind: 'none'; readonly why: string };

export interface Member {
  readonly type: ArgumentType;
  readonly required: boolean;
}

export type ArgumentRecord = Extract<ArgumentType, { kind: 'record' }>;

const MOST_DEPTH = 8;

/** The arguments of a tool as its pinned schema declares them. What it does not declare plainly has a type that says why it cannot be compared. */
export function argumentsOf(schema: JsonObject): ArgumentRecord {
  return recordOf(schema, schema, 0);
}

export const NO_ARGUMENTS: ArgumentRecord = { kind: 'record', members: {} };

function recordOf(schema: JsonObject, root: JsonObject, depth: number): ArgumentRecord {
  const required = new Set(Array.isArray(schema['required']) ? schema['required'] : []);
  const members: Record<string, Member> = Object.create(null);
  for (const [name, property] of Object.entries(recordAt(schema, 'properties'))) {
    const { type, nullable } = typeOf(property, root, depth + 1);
    members[name] = { type, required: required.has(name) && !nullable };
  }
  return { kind: 'record', members };
}

interface Typed {
  readonly type: ArgumentType;
  readonly nullable: boolean;
}

const none = (why: string): Typed => ({ type: { kind: 'none', why }, nullable: false });

function typeOf(given: JsonValue, root: JsonObject, depth: number): Typed {
  if (depth > MOST_DEPTH) return none('its schema is nested too deeply');
  if (!isObject(given)) return none('its schema does not say what it is');
  const schema = resolved(given, root);
  if (schema === null) return none('its schema refers to something that is not there');
  const choices = [schema['anyOf'], schema['oneOf']].find(Array.isArray);
  if (choices !== undefined) return oneOf(choices, root, depth);
  const names = typeNames(schema);
  const nullable = names.includes('null');
  const rest = names.filter((name) => name !== 'null');
  const [only] = rest;
  if (only === undefined || rest.length > 1) return { ...none('its schema allows several types, or says none'), nullable };
  return { type: namedType(only, schema, root, depth), nullable };
}

/** `anyOf` of one type and null is what generators write for an optional argument. */
function oneOf(choices: readonly JsonValue[], root: JsonObject, depth: number): Typed {
  const rest = choices.filter((choice) => !(isObject(choice) && choice['type'] === 'null'));
  const [only] = rest;
  if (only === undefined || rest.length > 1) return none('its schema allows several types');
  const { type, nullable } = typeOf(only, root, depth + 1);
  return { type, nullable: nullable || rest.length < choices.length };
}

const SCALARS: Readonly<Record<string, 'String' | 'Long' | 'Bool' | 'decimal'>> = {
  string: 'String',
  integer: 'Long',
  boolean: 'Bool',
  number: 'decimal',
};

function namedType(name: string, schema: JsonObject, root: JsonObject, depth: number): ArgumentType {
  const scalar = SCALARS[name];
  if (scalar !== undefined) return { kind: scalar };
  if (name === 'object') return recordOf(schema, root, depth);
  if (name !== 'array') return { kind: 'none', why: 'its schema names a type that JSON does not have' };
  const { type, nullable } = typeOf(schema['items'] ?? null, root, depth + 1);
  if (nullable || (type.kind !== 'String' && type.kind !== 'Long' && type.kind !== 'Bool'))
    return { kind: 'none', why: 'a list can be compared only where its schema says that it holds texts, whole numbers or booleans' };
  return { kind: 'Set', of: type.kind };
}

/** What `type` says, or else what the values of `enum` and `const` are. */
function typeNames(schema: JsonObject): readonly string[] {
  const { type } = schema;
  if (typeof type === 'string') return [type];
  if (Array.isArray(type)) return type.filter((name) => typeof name === 'string');
  const values = Array.isArray(schema['enum']) ? schema['enum'] : 'const' in schema ? [schema['const']] : [];
  return [...new Set(values.map((value) => (value === null ? 'null' : JSON_TYPES[typeof value])).filter((name) => name !== undefined))];
}

const JSON_TYPES: Readonly<Record<string, string>> = { string: 'string', boolean: 'boolean', number: 'number' };

/** Follows `$ref` within the schema, a few steps at most. */
function resolved(schema: JsonObject, root: JsonObject): JsonObject | null {
  let current = schema;
  for (let step = 0; step < MOST_DEPTH; step++) {
    const reference = current['$ref'];
    if (reference === undefined) return current;
    const found = typeof reference === 'string' && reference.startsWith('#/') ? at(root, reference.slice(2).split('/')) : undefined;
    if (!isObject(found)) return null;
    current = found;
  }
  return null;
}

function at(root: JsonObject, path: readonly string[]): JsonValue | undefined {
  let current: JsonValue | undefined = root;
  for (const step of path) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    current = isObject(current) && Object.hasOwn(current, name) ? current[name] : undefined;
  }
  return current;
}

const recordAt = (schema: JsonObject, name: string): JsonObject => {
  const value = schema[name];
  return isObject(value) ? value : {};
};

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
