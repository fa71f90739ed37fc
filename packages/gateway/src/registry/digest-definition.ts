import { sha256Hex } from '../base/bytes.ts';
import { canonicalize } from '../base/canonical.ts';
import type { JsonObject } from '../contracts/json.ts';
import type { Problem } from './pin.ts';

export interface Digested {
  /** RFC 8785 form, where it has one. */
  readonly text: string;
  readonly bytes: number;
  /** SHA-256, hex, of the text. */
  readonly digest: string;
  readonly problem: Problem | null;
}

export function digestDefinition(definition: JsonObject): Digested {
  const canonical = canonicalize(definition);
  const text = canonical.ok ? canonical.value : JSON.stringify(definition);
  const problem: Problem | null = canonical.ok
    ? null
    : { reason: 'registry.tool.definition_invalid', detail: `it has no canonical form (${canonical.reason})` };
  return { text, bytes: Buffer.byteLength(text), digest: sha256Hex(text), problem };
}

const MOST_KEPT = 65_536;

/** What is too large to be used is not kept either: its digest says whether it is still the same. */
export const kept = (definition: JsonObject, bytes: number): JsonObject =>
  bytes > MOST_KEPT ? { name: String(definition['name'] ?? '').slice(0, 256) } : definition;
