import { sha256Hex } from '../../base/bytes.ts';
import { canonicalize } from '../../base/canonical.ts';
import type { JsonObject, JsonValue } from '../../contracts/json.ts';

/** One key of the configuration and what became of it; null where there was or is nothing. */
export interface Change {
  readonly key: string;
  readonly before: JsonValue;
  readonly after: JsonValue;
}

/** Everything about a version but what it holds. */
export interface VersionFacts {
  /** Counts up from 1. */
  readonly sequence: number;
  /** SHA-256, hex, over the canonical form of all other fields and of the content. */
  readonly hash: string;
  /** Hash of the version before; null for the first. */
  readonly parent: string | null;
  /** A principal's id, or `file`, `gateway`, `unknown`. */
  readonly author: string;
  /** What was done, as in the journal: `policy.grant.added`, `config.reloaded`. */
  readonly cause: string;
  /** Wall time in milliseconds. */
  readonly createdAt: number;
}

/** A configuration that was in force: never changed, never removed. */
export interface Version extends VersionFacts {
  readonly content: JsonObject;
  readonly changes: readonly Change[];
}

/** The hash that chains a version to the one before: whoever rewrites one has to rewrite all that follow. */
export function hashOf({ sequence, parent, author, cause, createdAt, content, changes }: Omit<Version, 'hash'>): string {
  const text = canonicalize({ sequence, parent, author, cause, createdAt, content, changes: changes as unknown as JsonValue });
  if (!text.ok) throw new Error(`a version has no canonical form: ${text.reason}`);
  return sha256Hex(`sallyport config version 1\n${text.value}`);
}

/** What differs between two contents, by dotted key. Objects are compared inside, lists and texts as one. */
export function differences(before: JsonValue, after: JsonValue): readonly Change[] {
  const found: Change[] = [];
  collect(before, after, [], found);
  return found;
}

function collect(before: JsonValue | undefined, after: JsonValue | undefined, path: readonly string[], found: Change[]): void {
  if (isObject(before) && isObject(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) collect(before[key], after[key], [...path, key], found);
  } else if (JSON.stringify(before ?? null) !== JSON.stringify(after ?? null))
    found.push({ key: path.join('.'), before: before ?? null, after: after ?? null });
}

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
