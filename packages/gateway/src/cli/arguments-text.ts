import type { JsonValue } from '../contracts/json.ts';
import { sanitize } from './render/sanitize.ts';
import { cut } from './render/width.ts';

const STRING_COLUMNS = 28;
const KEYS = 6;
const BARE_KEY = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Values under such names are not printed: a screen is looked at, filmed and pasted into tickets. */
const SECRET_NAME = /pass(word|phrase|wd)?|secret|token|api[-_]?key|authorization|credential|private[-_]?key|cookie|session/i;

/** `{path:"notes.md", options:{…}}`: what a call was about, on one line, each string cut, nested values left out, secrets masked. */
export function argumentsText(value: JsonValue): string {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return valueText(value);
  const entries = Object.entries(value);
  const shown = entries.slice(0, KEYS).map(([key, entry]) => `${keyText(key)}:${SECRET_NAME.test(key) ? '•••' : valueText(entry)}`);
  return `{${[...shown, ...(entries.length > KEYS ? ['…'] : [])].join(', ')}}`;
}

const keyText = (key: string): string =>
  BARE_KEY.test(key) ? cut(key, STRING_COLUMNS) : cut(sanitize(JSON.stringify(key)), STRING_COLUMNS);

function valueText(value: JsonValue): string {
  if (typeof value === 'string') return `"${cut(sanitize(value), STRING_COLUMNS)}"`;
  if (value === null || typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `[${value.length}]`;
  return Object.keys(value).length === 0 ? '{}' : '{…}';
}
