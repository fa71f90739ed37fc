/**
 * The thirty tools of the bench and what each answers, as JSON text. The upstream writes these answers and the load
 * generator expects them, so that every answer is proved to belong to its call and not merely to be one.
 * Everything is ASCII and needs no escaping: a byte comparison is then a comparison of values.
 */

export type Size = 'small' | 'text' | 'records';

export const TOOL_COUNT = 30;

/** Legacy is 2025-11-25 with sessions, modern 2026-07-28 without. */
export type Era = 'legacy' | 'modern';

export const REVISION: Readonly<Record<Era, string>> = { legacy: '2025-11-25', modern: '2026-07-28' };

/** `tool-01` to `tool-30`. */
export const toolName = (index: number): string => `tool-${String(index + 1).padStart(2, '0')}`;

/** Every second tool declares an outputSchema, so that both ways of the result screen are on the path. */
export const hasOutputSchema = (index: number): boolean => index % 2 === 1;

const inputSchema = (index: number): object => ({
  type: 'object',
  properties: {
    query: { type: 'string', minLength: 1, maxLength: 200, description: `What to look for in catalogue ${index + 1}.` },
    size: { type: 'string', enum: ['small', 'text', 'records'] },
    limit: { type: 'integer', minimum: 1, maximum: 1000 },
    exact: { type: 'boolean', default: false },
    tags: { type: 'array', items: { type: 'string', maxLength: 40 }, maxItems: 8 },
  },
  required: ['query', 'size'],
  additionalProperties: false,
});

const OUTPUT_SCHEMA = {
  type: 'object',
  properties: {
    query: { type: 'string' },
    count: { type: 'integer', minimum: 0 },
    records: {
      type: 'array',
      items: {
        type: 'object',
        properties: { id: { type: 'integer' }, name: { type: 'string' }, price: { type: 'number' }, active: { type: 'boolean' } },
        required: ['id', 'name', 'price', 'active'],
      },
    },
  },
  required: ['query', 'count'],
} as const;

/** The definition as `tools/list` gives it. */
export const toolDefinition = (index: number): object => ({
  name: toolName(index),
  title: `Catalogue ${index + 1}`,
  description: `Searches catalogue ${index + 1} and returns what fits the query.`,
  inputSchema: inputSchema(index),
  ...(hasOutputSchema(index) ? { outputSchema: OUTPUT_SCHEMA } : {}),
  annotations: { readOnlyHint: true },
});

const SENTENCE = 'The quick brown fox jumps over the lazy dog near the river bank. ';
const FILLER_TEXT = SENTENCE.repeat(250).slice(0, 16_000);
const FILLER_SMALL = SENTENCE.repeat(2).slice(0, 90);
const RECORDS = JSON.stringify(
  Array.from({ length: 250 }, (_, at) => ({ id: 10_000 + at, name: `record number ${at}`, price: at * 1.25, active: at % 3 === 0 })),
);
const RECORDS_QUOTED = RECORDS.replaceAll('"', '\\"');

/** A result's text in parts, large ones constant, so that nobody has to build 16 KB in order to compare them. */
type Parts = readonly string[];

const OPEN = '"content":[{"type":"text","text":"';
const CLOSE = '"}]';

const plainParts = (query: string, size: Size): Parts =>
  size === 'records'
    ? [`${OPEN}{\\"query\\":\\"${query}\\",\\"records\\":`, RECORDS_QUOTED, `}${CLOSE}`]
    : [`${OPEN}Found for ${query}: `, size === 'text' ? FILLER_TEXT : FILLER_SMALL, CLOSE];

const structuredParts = (query: string, size: Size): Parts => {
  if (size !== 'records') return [...plainParts(query, size), `,"structuredContent":{"query":"${query}","count":1}`];
  return [`${OPEN}250 records for ${query}${CLOSE},"structuredContent":{"query":"${query}","count":250,"records":`, RECORDS, '}'];
};

/**
 * The members `content` and, where the tool declares a schema, `structuredContent` of a result: JSON text without
 * braces, in parts to be joined by nothing.
 */
export const answerParts = (index: number, query: string, size: Size): Parts =>
  hasOutputSchema(index) ? structuredParts(query, size) : plainParts(query, size);
