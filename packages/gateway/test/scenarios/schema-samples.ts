import { z } from 'zod';
import type { JsonObject, JsonValue } from '../../src/contracts/json.ts';

type Schema = Readonly<Record<string, unknown>>;

const DEPTH = 7;
/** More alternatives than this in one place are left to the others. */
const ALTERNATIVES = 6;

/** Values that fit an official schema, together with every member that it names and every alternative that it has. */
export function samplesOf(schema: z.ZodType): readonly JsonValue[] {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema;
  const defs = (json['$defs'] ?? {}) as Readonly<Record<string, Schema>>;
  const made = variants(json, { defs, first: false }, 0);
  const fits = (value: JsonValue): boolean => schema.safeParse(value).success;
  // Where not every alternative fits beside the others, lists have the first alone.
  const fitting = made.some(fits) ? made.filter(fits) : variants(json, { defs, first: true }, 0).filter(fits);
  if (fitting.length === 0) throw new Error(`no sample fits: ${JSON.stringify(schema.safeParse(made[0]).error?.issues).slice(0, 600)}`);
  return fitting;
}

interface Making {
  readonly defs: Readonly<Record<string, Schema>>;
  /** Lists hold one item, of the first alternative. */
  readonly first: boolean;
}

function variants(schema: Schema, making: Making, depth: number): readonly JsonValue[] {
  if (depth > DEPTH) return [];
  const ref = schema['$ref'];
  if (typeof ref === 'string') return variants(making.defs[ref.replace('#/$defs/', '')] ?? {}, making, depth + 1);
  if ('const' in schema) return [schema['const'] as JsonValue];
  if (Array.isArray(schema['enum'])) return [schema['enum'][0] as JsonValue];
  const any = (schema['anyOf'] ?? schema['oneOf']) as readonly Schema[] | undefined;
  if (any !== undefined) return any.slice(0, ALTERNATIVES).flatMap((one) => variants(one, making, depth).slice(0, ALTERNATIVES));
  const all = schema['allOf'] as readonly Schema[] | undefined;
  if (all !== undefined) return merged(all.map((one) => variants(one, making, depth)));
  const type = Array.isArray(schema['type']) ? (schema['type'][0] as unknown) : schema['type'];
  switch (type) {
    case 'object':
      return objects(schema, making, depth);
    case 'array':
      return [variants((schema['items'] ?? {}) as Schema, making, depth + 1).slice(0, making.first ? 1 : ALTERNATIVES)];
    case 'number':
    case 'integer':
      return [Math.max(1, Number(schema['minimum'] ?? schema['exclusiveMinimum'] ?? 1))];
    case 'boolean':
      return [true];
    case 'null':
      return [null];
    case 'string':
      return [textOf(schema)];
    default:
      return ['anything'];
  }
}

const merged = (parts: readonly (readonly JsonValue[])[]): readonly JsonValue[] => [
  Object.assign({}, ...parts.map(([first]) => (typeof first === 'object' && first !== null ? first : {}))) as JsonValue,
];

/** One object with the first alternative of every member, and one more for each other alternative of one. */
function objects(schema: Schema, making: Making, depth: number): readonly JsonValue[] {
  const properties = Object.entries((schema['properties'] ?? {}) as Readonly<Record<string, Schema>>);
  const of = properties.map(([name, member]) => [name, variants(member, making, depth + 1)] as const).filter(([, made]) => made.length > 0);
  const first = Object.fromEntries(of.map(([name, [value]]) => [name, value as JsonValue]));
  return [first, ...of.flatMap(([name, [, ...others]]) => others.map((value) => ({ ...first, [name]: value })))];
}

function textOf({ format, contentEncoding, pattern }: Schema): string {
  if (String(pattern).includes('file:')) return 'file:///a';
  if (format === 'uri' || format === 'url') return 'https://example.com/a';
  if (format === 'date-time') return '2026-01-01T00:00:00Z';
  if (format === 'email') return 'a@example.com';
  return contentEncoding === 'base64' || format === 'base64' || pattern !== undefined ? 'AAEC' : 'text';
}

/** JSON texts in which one member is hostile to whoever reads them: none is JSON as it is read here, wherever it stands. */
export const HOSTILE_JSON: Readonly<Record<string, string>> = {
  'two members of one name': '{"a":1,"a":2}',
  'a prototype': '{"__proto__":{"admin":true}}',
  'a number that would change': '9007199254740993',
  'half a surrogate pair': '"\\ud800"',
  'more levels than there may be': '['.repeat(300) + ']'.repeat(300),
};

const MARK = 'MARK-00000000';

/** The message as text, with that text in one place. */
export const textWith = (message: JsonValue, hostile: string): string => JSON.stringify(message).replace(`"${MARK}"`, () => hostile);
export const MARKED = MARK as JsonValue;

export const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);
