import type { JsonObject } from '../../contracts/json.ts';

/** The dialects that have an ajv class. */
export type Dialect = '2020-12' | '2019-09' | 'draft-07';

const BY_URI: Readonly<Record<string, Dialect>> = {
  'https://json-schema.org/draft/2020-12/schema': '2020-12',
  'https://json-schema.org/draft/2019-09/schema': '2019-09',
  'http://json-schema.org/draft-07/schema': 'draft-07',
  'https://json-schema.org/draft-07/schema': 'draft-07',
};

/** The dialect that `$schema` names; 2020-12 where it is absent (MCP 2025-11-25, SEP-1613); null where we have none. */
export function dialectOf(schema: JsonObject): Dialect | null {
  if (!Object.hasOwn(schema, '$schema')) return '2020-12';
  const uri = schema['$schema'];
  if (typeof uri !== 'string') return null;
  const plain = uri.endsWith('#') ? uri.slice(0, -1) : uri;
  return Object.hasOwn(BY_URI, plain) ? (BY_URI[plain] ?? null) : null;
}
