import type { JsonObject, JsonValue } from '../contracts/json.ts';
import { isObject } from './json-rpc.ts';

/** The text-bearing members that a block of each kind must have. A kind that is not here is refused: no screen knows how to read it. */
const BLOCKS: Readonly<Record<string, readonly string[]>> = {
  text: ['text'],
  image: ['data', 'mimeType'],
  audio: ['data', 'mimeType'],
  resource_link: ['uri', 'name'],
  resource: [],
};

/** A block of content, of a tool's result or a prompt's message, in whichever revision. */
export function isBlock(block: JsonValue | undefined): boolean {
  if (!isObject(block)) return false;
  const type = block['type'];
  const needed = typeof type === 'string' && Object.hasOwn(BLOCKS, type) ? BLOCKS[type] : undefined;
  if (needed === undefined || !needed.every((key) => typeof block[key] === 'string')) return false;
  return type !== 'resource' || isResourceContents(block['resource']);
}

/** What stands in a resource: its URI, and text or base64, never both. */
export const isResourceContents = (resource: JsonValue | undefined): resource is JsonObject =>
  isObject(resource) &&
  typeof resource['uri'] === 'string' &&
  (resource['mimeType'] === undefined || typeof resource['mimeType'] === 'string') &&
  (typeof resource['text'] === 'string') !== (typeof resource['blob'] === 'string');
