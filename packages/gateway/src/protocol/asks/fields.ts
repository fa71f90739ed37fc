import { LIMITS } from '../../base/limits.ts';
import type { JsonObject, JsonValue } from '../../contracts/json.ts';
import { isObject } from '../json-rpc.ts';

export type Test = (value: JsonValue) => boolean;

export interface Field {
  readonly test: Test;
  readonly required: boolean;
}

export const must = (test: Test): Field => ({ test, required: true });
export const may = (test: Test): Field => ({ test, required: false });

/** How much prose one member may hold: a prompt, a message to a person. */
const PROSE_BYTES = 1_048_576;

export const isName: Test = (value) => typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= LIMITS.nameBytes;
export const isProse: Test = (value) => typeof value === 'string' && Buffer.byteLength(value) <= PROSE_BYTES;
export const isNumber: Test = (value) => typeof value === 'number';
export const isCount: Test = (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
export const isBoolean: Test = (value) => typeof value === 'boolean';
export const isRecord: Test = (value) => isObject(value);
export const oneOf =
  (...values: readonly string[]): Test =>
  (value) =>
    typeof value === 'string' && values.includes(value);
export const listOf =
  (test: Test, most: number): Test =>
  (value) =>
    Array.isArray(value) && value.length <= most && value.every(test);

/** The members that are named, each as it should be; others are left behind, since nobody has read them. A text says what is wrong. */
export function readFields(value: JsonObject, fields: Readonly<Record<string, Field>>): JsonObject | string {
  const read: Record<string, JsonValue> = {};
  for (const [name, { test, required }] of Object.entries(fields)) {
    const member = Object.hasOwn(value, name) ? value[name] : undefined;
    if (member === undefined) {
      if (required) return `${name} is missing`;
    } else if (test(member)) read[name] = member;
    else return `${name} has the wrong shape`;
  }
  return read;
}

export const having =
  (fields: Readonly<Record<string, Field>>): Test =>
  (value) =>
    isObject(value) && typeof readFields(value, fields) !== 'string';
