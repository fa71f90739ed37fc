import { isUtf8 } from 'node:buffer';
import type { Result } from '../base/result.ts';
import { failure, success } from '../base/result.ts';
import type { JsonValue } from '../contracts/json.ts';
import { findCaseVariant } from './case-variants.ts';
import type { StrictLimits } from './json-bounds.ts';
import { measureJson, STRICT_LIMITS } from './json-bounds.ts';
import { isPlain } from './plain-value.ts';
import { scanJson } from './scan-json.ts';
import type { StrictReason } from './strict-rules.ts';

export interface StrictJson {
  readonly value: JsonValue;
  /** `JSON.stringify(value)`: what goes on, and what guards and digests have seen. */
  readonly text: string;
}

/** Up to here a text can hurt nobody before its bounds are known, and the cheaper check of its value comes first. */
const SMALL_BYTES = 32_768;

type Verdict = Result<StrictJson, StrictReason>;

/**
 * Parses one JSON text under the strict rules (`STRICT_RULES`): what is accepted has one reading, in every parser. The caller has
 * bounded the length (`LIMITS.bodyBytes`). Time is linear; memory is bounded by `limits` before anything large is built.
 * A text that equals its own re-serialisation cannot hold a duplicate key or a number that changed, so most texts need no scan.
 * All paths give the same verdict. `detail` of a failure is for operators: it may quote the input.
 */
export function parseStrict(bytes: Uint8Array, limits: StrictLimits = STRICT_LIMITS): Verdict {
  if (!isUtf8(bytes)) return failure('protocol.invalid_utf8');
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return failure('protocol.byte_order_mark');
  const buffer = asBuffer(bytes);
  const parsed = isSmall(bytes.length, limits) ? parseSmall(buffer, limits) : parseBounded(buffer, limits);
  if (!parsed.ok) return parsed;
  const variant = findCaseVariant(parsed.value.value);
  return variant === null ? parsed : failure('protocol.case_variant_key', variant);
}

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

// Shorter than the least text with too many values (one byte each) or too many keys in an object (`"":0,`, five bytes each).
const isSmall = (length: number, limits: StrictLimits): boolean =>
  length <= SMALL_BYTES && length < limits.nodes && length < 5 * limits.objectKeys;

function parseSmall(buffer: Buffer, limits: StrictLimits): Verdict {
  const source = buffer.toString('utf8');
  const value = parse(source);
  if (value === undefined || !isPlain(value, limits)) return parseBounded(buffer, limits);
  const text = JSON.stringify(value);
  return text === source && !text.includes('\\ud') ? success({ value, text }) : parseBounded(buffer, limits);
}

function parseBounded(buffer: Buffer, limits: StrictLimits): Verdict {
  const bounds = measureJson(buffer, limits);
  if (bounds !== 'within') return failure(bounds);
  const source = buffer.toString('utf8');
  const value = parse(source);
  if (value === undefined) return failure('protocol.invalid_json');
  const text = JSON.stringify(value);
  if (text !== source || text.includes('\\ud') || !isPlain(value, limits)) {
    const scanned = scanJson(source);
    if (!scanned.ok) return scanned;
  }
  return success({ value, text });
}

// No JSON text parses to undefined.
function parse(source: string): JsonValue | undefined {
  try {
    return JSON.parse(source) as JsonValue;
  } catch {
    return undefined;
  }
}
