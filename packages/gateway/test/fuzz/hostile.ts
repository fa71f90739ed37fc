import fc from 'fast-check';
import type { JsonObject, JsonValue } from '../../src/contracts/json.ts';

/** What somebody writes who wants a parameter to be more than a parameter, or a parser, a store or a terminal to stumble. */
export const HOSTILE_TEXTS: readonly string[] = [
  "' OR '1'='1",
  "'; DROP TABLE keys; --",
  '1; SELECT pg_sleep(10)--',
  '\\\'; COPY keys TO PROGRAM "id"',
  '" UNION SELECT * FROM journal_record --',
  '$1',
  '$$;$$',
  '%_%',
  'a\0b',
  '\0',
  '\ud800',
  '\u202eevil\u202c',
  '\u200b',
  'line\nbreak',
  'carriage\r\nheader: x',
  '\u001b[2J',
  '\u2028',
  '../../../etc/passwd',
  '..%2f..%2f',
  '%00',
  '%',
  '$(id)',
  '`id`',
  '{{7*7}}',
  '$' + '{7*7}',
  '<script>alert(1)</script>',
  '=cmd|calc',
  '" permit(principal, action, resource); "',
  '__proto__',
  'constructor',
  'ﬁ',
  'é'.repeat(300),
  'x'.repeat(70_000),
  '{"a":1}',
  '9007199254740993',
  '1e999',
  '-1',
  ' ',
  '',
];

const OTHERS: readonly JsonValue[] = [
  null,
  true,
  0,
  -1,
  1.5,
  Number.MAX_SAFE_INTEGER,
  1e300,
  [],
  {},
  [[]],
  ['a'],
  { a: {} },
  JSON.parse('{"__proto__":{"admin":true}}') as JsonValue,
  JSON.parse('{"constructor":{"prototype":{}}}') as JsonValue,
  { $ne: null },
  JSON.parse('['.repeat(80) + ']'.repeat(80)) as JsonValue,
  Array.from({ length: 2000 }, () => 'x'),
];

/** Any value that JSON can carry; hostile ones more often than not. */
export const hostileValue: fc.Arbitrary<JsonValue> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...HOSTILE_TEXTS) },
  { weight: 2, arbitrary: fc.constantFrom(...OTHERS) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<JsonValue> },
);

export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...HOSTILE_TEXTS) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
);

type Step = string | number;

/** The way to every parameter in a value, the value itself left out. */
export function pathsOf(value: JsonValue, here: readonly Step[] = []): readonly (readonly Step[])[] {
  if (typeof value !== 'object' || value === null) return [];
  const members: readonly (readonly [Step, JsonValue])[] = Array.isArray(value)
    ? (value as JsonValue[]).map((item, i) => [i, item] as const)
    : Object.entries(value as JsonObject);
  return members.flatMap(([step, member]) => [[...here, step], ...pathsOf(member, [...here, step])]);
}

/** The value with another at that place. */
export function withAt(value: JsonValue, [step, ...rest]: readonly Step[], put: JsonValue): JsonValue {
  if (step === undefined) return put;
  if (Array.isArray(value)) return (value as JsonValue[]).map((item, i) => (i === step ? withAt(item, rest, put) : item));
  const object = value as JsonObject;
  return { ...object, [step]: withAt(object[step] ?? null, rest, put) };
}

/** How many inputs a property tries, and from which seed: few and always the same where nothing is said, so that every run takes the same time. */
export const RUNS = {
  numRuns: Number(process.env['SALLYPORT_FUZZ_RUNS'] ?? 800),
  seed: Number(process.env['SALLYPORT_FUZZ_SEED'] ?? 20261121),
};
