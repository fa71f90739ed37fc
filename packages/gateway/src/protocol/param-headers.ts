import { LIMITS } from '../base/limits.ts';
import type { Result } from '../base/result.ts';
import { failure, success } from '../base/result.ts';
import type { JsonObject, JsonValue } from '../contracts/json.ts';
import { encodeHeaderValue } from './header-value.ts';
import { isObject } from './json-rpc.ts';

/** One argument that is mirrored in a header: its path in the arguments, and the part of the name after `Mcp-Param-`. */
export interface ParamHeader {
  readonly path: readonly string[];
  readonly header: string;
}

const ANNOTATION = 'x-mcp-header';
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const PRIMITIVES: ReadonlySet<JsonValue | undefined> = new Set(['string', 'integer', 'boolean']);
const MAX_HEADERS = 32;
const MAX_NAME = 64;

/** Keywords whose value is data, not a schema: an annotation within them annotates nothing. */
const DATA_KEYWORDS = new Set(['const', 'default', 'enum', 'examples', 'required', 'type']);
/** Keywords that hold schemas by name, where a name may happen to be `x-mcp-header`. */
const MAPS = new Set(['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions', 'dependencies']);

interface Found {
  readonly headers: ParamHeader[];
  readonly names: Set<string>;
}

type Fault = string | null;

/**
 * The `x-mcp-header` annotations of a tool's inputSchema. Any that breaks a rule of MCP 2026-07-28 (token, unique, primitive, reachable
 * by `properties` alone) fails with `protocol.invalid_params`: such a tool must be left out of lists by a client over HTTP.
 */
export function readParamHeaders(inputSchema: JsonObject): Result<readonly ParamHeader[], 'protocol.invalid_params'> {
  const found: Found = { headers: [], names: new Set() };
  const fault = readSchema(inputSchema, [], found);
  return fault === null ? success(found.headers) : failure('protocol.invalid_params', fault);
}

/** `path` null: not reachable by `properties` alone. */
function readSchema(schema: JsonValue, path: readonly string[] | null, found: Found, depth = 0): Fault {
  if (depth > LIMITS.schemaDepth) return 'the schema is too deep';
  if (Array.isArray(schema)) return firstFault(schema, (item) => readSchema(item, null, found, depth + 1));
  if (!isObject(schema)) return null;
  return readAnnotation(schema, path, found) ?? firstFault(Object.keys(schema), (key) => readKeyword(schema, key, path, found, depth));
}

function readKeyword(schema: JsonObject, key: string, path: readonly string[] | null, found: Found, depth: number): Fault {
  const value = schema[key];
  if (value === undefined || DATA_KEYWORDS.has(key)) return null;
  if (!MAPS.has(key) || !isObject(value)) return readSchema(value, null, found, depth + 1);
  const inner = (name: string) => (key === 'properties' && path !== null ? [...path, name] : null);
  return firstFault(Object.keys(value), (name) => readSchema(value[name] ?? null, inner(name), found, depth + 1));
}

function readAnnotation(schema: JsonObject, path: readonly string[] | null, { headers, names }: Found): Fault {
  const header = schema[ANNOTATION];
  if (header === undefined) return null;
  if (path === null || path.length === 0) return 'an annotated parameter is reached by properties alone';
  if (typeof header !== 'string' || header.length > MAX_NAME || !TOKEN.test(header)) return 'a header name is a token (RFC 9110)';
  if (!PRIMITIVES.has(schema['type'])) return 'an annotated parameter is a string, an integer or a boolean';
  if (names.has(header.toLowerCase())) return `two parameters share the header ${header}`;
  if (names.size >= MAX_HEADERS) return 'too many annotated parameters';
  names.add(header.toLowerCase());
  headers.push({ path, header });
  return null;
}

function firstFault<T>(items: readonly T[], read: (item: T) => Fault): Fault {
  for (const item of items) {
    const fault = read(item);
    if (fault !== null) return fault;
  }
  return null;
}

/** The argument at a path, walking own keys only; undefined where there is none. */
export function argumentAt(args: JsonObject, path: readonly string[]): JsonValue | undefined {
  let value: JsonValue | undefined = args;
  for (const key of path) {
    if (!isObject(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

/** The `Mcp-Param-*` headers of a call, by full name. An absent or null argument has none; neither has one that is no primitive. */
export function writeParamHeaders(args: JsonObject, declared: readonly ParamHeader[]): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const { path, header } of declared) {
    const text = headerText(argumentAt(args, path));
    if (text !== null) headers[`Mcp-Param-${header}`] = encodeHeaderValue(text);
  }
  return headers;
}

/** What an argument is mirrored as before encoding; null where it is not mirrored. */
export function headerText(value: JsonValue | undefined): string | null {
  if (typeof value === 'string') return value;
  return typeof value === 'boolean' || Number.isSafeInteger(value) ? String(value) : null;
}
