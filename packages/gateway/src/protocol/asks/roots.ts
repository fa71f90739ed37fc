import type { JsonObject } from '../../contracts/json.ts';
import { having, isProse, isRecord, listOf, may, must, readFields, type Test } from './fields.ts';

const ROOTS = 1000;

/** Roots are files on the client's machine: nothing but `file:` (MCP 2025-11-25, roots). */
const isFileUri: Test = (value) => typeof value === 'string' && value.length <= 8192 && /^file:\/\//i.test(value) && URL.canParse(value);

const RESULT = {
  roots: must(listOf(having({ uri: must(isFileUri), name: may(isProse), _meta: may(isRecord) }), ROOTS)),
  _meta: may(isRecord),
};

export const readRoots = (result: JsonObject): JsonObject | string => readFields(result, RESULT);
