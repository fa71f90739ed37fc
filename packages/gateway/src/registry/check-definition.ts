import { LIMITS } from '../base/limits.ts';
import type { JsonObject, JsonValue } from '../contracts/json.ts';
import type { Problem } from './pin.ts';

/** MCP 2025-11-25, tool names (SEP-986). */
const TOOL_NAME = /^[A-Za-z0-9_.-]{1,128}$/;

export const isToolName = (name: JsonValue | undefined): name is string => typeof name === 'string' && TOOL_NAME.test(name);

/** What is wrong with the size and the texts that definitions of every kind have, or null. */
export function problemWithTexts(definition: JsonObject, bytes: number): Problem | null {
  if (bytes > LIMITS.toolDefinitionBytes)
    return tooLarge(`the definition has ${bytes} bytes, at most ${LIMITS.toolDefinitionBytes} are allowed`);
  for (const key of ['title', 'description', 'mimeType']) {
    const text = definition[key];
    if (text !== undefined && typeof text !== 'string') return invalid(`${key} must be text`);
    if (typeof text === 'string' && Buffer.byteLength(text) > LIMITS.descriptionBytes)
      return invalid(`${key} is longer than ${LIMITS.descriptionBytes} bytes`);
  }
  for (const key of ['annotations', '_meta']) {
    if (definition[key] !== undefined && !isRecord(definition[key])) return invalid(`${key} must be an object`);
  }
  return null;
}

/** What is wrong with a tool's definition before its schemas are looked at, or null. */
export function problemWith(definition: JsonObject, bytes: number): Problem | null {
  const early = problemWithTexts(definition, bytes);
  if (early !== null) return early;
  for (const key of ['execution', 'outputSchema']) {
    if (definition[key] !== undefined && !isRecord(definition[key])) return invalid(`${key} must be an object`);
  }
  const input = definition['inputSchema'];
  if (!isRecord(input) || input['type'] !== 'object') return invalid('inputSchema must be a schema of type "object"');
  return null;
}

export const isRecord = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const invalid = (detail: string): Problem => ({ reason: 'registry.tool.definition_invalid', detail });
const tooLarge = (detail: string): Problem => ({ reason: 'registry.tool.schema_too_large', detail });
