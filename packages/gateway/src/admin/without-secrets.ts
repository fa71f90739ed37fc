import type { JsonObject, JsonValue } from '../contracts/json.ts';

export const MASK = '[secret]';

/** Objects whose values are secrets (environment variables, headers) keep their names; members that are secrets themselves are masked. */
const HOLDERS = new Set(['env', 'headers']);
const SECRETS = new Set(['secret', 'key', 'token', 'authorization', 'password']);

/** The value as it may stand in a record or in an answer. URLs lose their query and user part: tokens are put there too. */
export function withoutSecrets(value: JsonValue): JsonValue {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((entry: JsonValue) => withoutSecrets(entry));
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, member(name.toLowerCase(), entry)]));
}

function member(name: string, value: JsonValue): JsonValue {
  if (SECRETS.has(name)) return MASK;
  if (HOLDERS.has(name)) return masked(value);
  return name === 'url' && typeof value === 'string' ? bareUrl(value) : withoutSecrets(value);
}

const isObject = (value: JsonValue): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

const masked = (value: JsonValue): JsonValue =>
  isObject(value) ? Object.fromEntries(Object.keys(value).map((name) => [name, MASK])) : Array.isArray(value) ? value : MASK;

export function bareUrl(text: string): string {
  if (!URL.canParse(text)) return MASK;
  const url = new URL(text);
  return `${url.protocol}//${url.host}${url.pathname}${url.search === '' ? '' : `?${MASK}`}`;
}
