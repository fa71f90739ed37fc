import type { JsonObject, JsonValue } from '../contracts/json.ts';
import type { Effect } from '../contracts/target.ts';

/**
 * What a tool's annotations claim, as a proposal for the person who decides. Never believed: a server that marks `delete_all` as read-only
 * gains nothing (R2-015). Null where the server says nothing.
 */
export function proposeEffect(definition: JsonObject): Effect | null {
  const annotations = definition['annotations'];
  if (!isRecord(annotations)) return null;
  if (annotations['readOnlyHint'] === true) return 'read';
  if (annotations['destructiveHint'] === false) return 'write';
  return annotations['readOnlyHint'] === false || annotations['destructiveHint'] === true ? 'destructive' : null;
}

const isRecord = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
