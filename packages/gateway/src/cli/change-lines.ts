import type { JsonObject, JsonValue } from '../contracts/json.ts';
import { asciiJson } from './call-line.ts';
import { sanitize } from './render/sanitize.ts';

/** Lines that a reader is shown of one change; the rest is counted. */
const MOST = 60;

/** What differs between two states, a line each: `+ path: value`, `- path: value`, `path: old -> new`. Sanitised. */
export function changeLines(before: JsonValue, after: JsonValue): readonly string[] {
  const [old, now] = [leavesOf(before), leavesOf(after)];
  const lines = [...new Set([...old.keys(), ...now.keys()])].flatMap((path) => lineOf(path, old.get(path), now.get(path)));
  return lines.length <= MOST ? lines : [...lines.slice(0, MOST), `and ${lines.length - MOST} more`];
}

function lineOf(path: string, old: string | undefined, now: string | undefined): readonly string[] {
  if (old === now) return [];
  const name = sanitize(path);
  if (old === undefined) return [`+ ${name}: ${now}`];
  return [now === undefined ? `- ${name}: ${old}` : `${name}: ${old} -> ${now}`];
}

/** Members by their path, as text. Lists of plain values are one leaf: what matters is the list. */
function leavesOf(value: JsonValue, path = '', into: Map<string, string> = new Map()): Map<string, string> {
  if (value === null && path === '') return into;
  const inner =
    value === null || typeof value !== 'object' ? null : Array.isArray(value) ? listed(value) : Object.entries(value as JsonObject);
  if (inner === null || inner.length === 0) return into.set(path, asciiJson(value));
  for (const [name, member] of inner) leavesOf(member, path === '' ? name : `${path}.${name}`, into);
  return into;
}

const listed = (list: readonly JsonValue[]): readonly (readonly [string, JsonValue])[] | null =>
  list.some((entry) => entry !== null && typeof entry === 'object') ? list.map((entry, index) => [String(index), entry] as const) : null;
