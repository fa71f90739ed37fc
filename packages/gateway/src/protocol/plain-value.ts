import type { JsonValue } from '../contracts/json.ts';
import type { StrictLimits } from './json-bounds.ts';

/** An escape makes at most six bytes of one UTF-16 unit. */
const MOST_BYTES_PER_UNIT = 6;

/**
 * Whether a value, whose text is known to equal its re-serialisation, surely keeps the rules on depth, key length and forbidden keys.
 * False only means that the source must be looked at. Far cheaper than reading the source, and stops at the depth limit.
 */
export function isPlain(value: JsonValue, limits: StrictLimits): boolean {
  return isPlainAt(value, limits.depth, limits.keyBytes / MOST_BYTES_PER_UNIT);
}

function isPlainAt(value: JsonValue, depthLeft: number, keyUnits: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (depthLeft === 0) return false;
  return Array.isArray(value) ? isPlainArray(value, depthLeft, keyUnits) : isPlainObject(value as ObjectValue, depthLeft, keyUnits);
}

type ObjectValue = Readonly<Record<string, JsonValue>>;

function isPlainArray(items: readonly JsonValue[], depthLeft: number, keyUnits: number): boolean {
  for (const item of items) {
    if (typeof item === 'object' && !isPlainAt(item, depthLeft - 1, keyUnits)) return false;
  }
  return true;
}

// `for in` over what JSON.parse made walks own keys only, unless something polluted Object.prototype: then it fails towards the scan.
function isPlainObject(value: ObjectValue, depthLeft: number, keyUnits: number): boolean {
  for (const key in value) {
    if (key.length > keyUnits || key === '__proto__' || key === 'prototype') return false;
    const item = value[key];
    if (typeof item === 'object' && !isPlainAt(item, depthLeft - 1, keyUnits)) return false;
  }
  return true;
}
