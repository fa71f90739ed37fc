import type { JsonObject, JsonValue } from '../contracts/json.ts';
import { isObject } from './json-rpc.ts';
import { isIcon } from './revisions/check.ts';

/** The text-bearing members that a block of each kind must have. A kind that is not here is refused: no screen knows how to read it. */
const BLOCKS: Readonly<Record<string, readonly string[]>> = {
  text: ['text'],
  image: ['data', 'mimeType'],
  audio: ['data', 'mimeType'],
  resource_link: ['uri', 'name'],
  resource: [],
};

type Test = (value: JsonValue) => boolean;

const isText: Test = (value) => typeof value === 'string';
/** As `atob` reads it, but for a length that is one too many. */
const isBase64: Test = (value) => typeof value === 'string' && /^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(value);
const isAudience: Test = (value) => Array.isArray(value) && value.every((role) => role === 'user' || role === 'assistant');
const isShare: Test = (value) => typeof value === 'number' && value >= 0 && value <= 1;
/** RFC 3339 with seconds. */
const isTime: Test = (value) => typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value);

/** Members that a block may have besides, in whichever revision, and what stands there: a client reads them as its schema says. */
const BESIDE: Readonly<Record<string, Test>> = {
  _meta: isObject,
  annotations: (value) =>
    isObject(value) && fits(value, 'audience', isAudience) && fits(value, 'priority', isShare) && fits(value, 'lastModified', isTime),
  data: isBase64,
  blob: isBase64,
  mimeType: isText,
  title: isText,
  description: isText,
  size: (value) => typeof value === 'number',
  icons: (value) => Array.isArray(value) && value.every(isIcon),
};

const fits = (value: JsonObject, key: string, test: Test): boolean => value[key] === undefined || test(value[key]);

function besideFits(block: JsonObject): boolean {
  for (const key in block) {
    const test = Object.hasOwn(BESIDE, key) ? BESIDE[key] : undefined;
    if (test !== undefined && !test(block[key] as JsonValue)) return false;
  }
  return true;
}

/** A block of content, of a tool's result or a prompt's message, in whichever revision. */
export function isBlock(block: JsonValue | undefined): boolean {
  if (!isObject(block)) return false;
  const type = block['type'];
  const needed = typeof type === 'string' && Object.hasOwn(BLOCKS, type) ? BLOCKS[type] : undefined;
  if (needed === undefined || !needed.every((key) => typeof block[key] === 'string')) return false;
  return besideFits(block) && (type !== 'resource' || isResourceContents(block['resource']));
}

/** What stands in a resource: its URI, and text or base64, never both. */
export const isResourceContents = (resource: JsonValue | undefined): resource is JsonObject =>
  isObject(resource) &&
  typeof resource['uri'] === 'string' &&
  (typeof resource['text'] === 'string') !== (typeof resource['blob'] === 'string') &&
  besideFits(resource);
