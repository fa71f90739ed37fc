import type { JsonValue } from '../../contracts/json.ts';

/** Values up to this weight are validated on the main thread; about 256 KB of text or a few thousand values. */
export const MAIN_WEIGHT = 20_000;

const CHARACTERS_PER_UNIT = 16;

/** Whether a value is too large to be validated on the main thread. Stops counting as soon as it knows. */
export function isHeavy(value: JsonValue): boolean {
  return weigh(value, MAIN_WEIGHT) < 0;
}

// What is left of the allowance. Depth is bounded where JSON was parsed (LIMITS.jsonDepth).
function weigh(value: JsonValue, allowance: number): number {
  if (typeof value === 'string') return allowance - 1 - Math.floor(value.length / CHARACTERS_PER_UNIT);
  if (typeof value !== 'object' || value === null) return allowance - 1;
  return Array.isArray(value) ? weighItems(value, allowance - 1) : weighMembers(value, allowance - 1);
}

function weighItems(items: readonly JsonValue[], allowance: number): number {
  let left = allowance;
  // By index: the keys of a long array are texts that would have to be made first.
  for (let at = 0; at < items.length && left >= 0; at++) left = weigh(items[at] ?? null, left - 1);
  return left;
}

function weighMembers(value: object, allowance: number): number {
  let left = allowance;
  for (const key in value) {
    left = weigh((value as Readonly<Record<string, JsonValue>>)[key] ?? null, left - 1);
    if (left < 0) return left;
  }
  return left;
}
