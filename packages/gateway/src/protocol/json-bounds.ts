import { LIMITS } from '../base/limits.ts';

/** Bounds of one JSON text. Counts, and for keys bytes as they were sent (escapes included). */
export interface StrictLimits {
  /** Containers within each other; a lone array has depth 1. */
  readonly depth: number;
  /** `1 + opened containers + commas`: the number of values, an empty container counting twice. */
  readonly nodes: number;
  readonly keyBytes: number;
  readonly objectKeys: number;
}

export const STRICT_LIMITS: StrictLimits = {
  depth: LIMITS.jsonDepth,
  nodes: LIMITS.jsonNodes,
  keyBytes: LIMITS.jsonKeyBytes,
  objectKeys: LIMITS.objectKeys,
};

export type BoundsVerdict = 'within' | 'protocol.too_deep' | 'protocol.too_wide';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const NEAR = 48;

/** Whether a byte means anything here: most do not, and are passed over by one look. */
const MARKS = new Uint8Array(256);
for (const byte of [QUOTE, COMMA, COLON, OPEN_BRACKET, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE]) MARKS[byte] = 1;

/**
 * Depth and width of a JSON text from its bytes, before a parser builds anything: 10 MB of brackets cost `JSON.parse` 1.4 s and
 * 336 MB (DESIGN section 8). It need not be valid JSON; what is not is refused later, and is bounded like the rest.
 */
export function measureJson(bytes: Buffer, limits: StrictLimits): BoundsVerdict {
  const length = bytes.length;
  const commas = new Int32Array(limits.depth + 1);
  const braces = new Uint8Array(limits.depth + 1);
  let depth = 0;
  let nodes = 1;
  let keyBytes = 0;
  for (let i = 0; i < length; i++) {
    const byte = bytes[i] as number;
    if (MARKS[byte] === 0) continue;
    if (byte === QUOTE) {
      const end = endOfString(bytes, i + 1);
      keyBytes = end - i - 1;
      i = end;
    } else if (byte === COMMA) {
      const count = (commas[depth] ?? 0) + 1;
      commas[depth] = count;
      if (++nodes > limits.nodes || (count >= limits.objectKeys && braces[depth] === 1)) return 'protocol.too_wide';
    } else if (byte === COLON) {
      if (keyBytes > limits.keyBytes) return 'protocol.too_wide';
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (++depth > limits.depth) return 'protocol.too_deep';
      if (++nodes > limits.nodes) return 'protocol.too_wide';
      commas[depth] = 0;
      braces[depth] = byte === OPEN_BRACE ? 1 : 0;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      if (depth > 0) depth--;
    }
  }
  return 'within';
}

// Short strings are walked; a long one is jumped over by a native search, at most once in NEAR bytes so that a text of escaped
// quotes costs no more than one of letters.
function endOfString(bytes: Buffer, start: number): number {
  const length = bytes.length;
  let i = start;
  for (;;) {
    const near = Math.min(i + NEAR, length);
    while (i < near) {
      const byte = bytes[i];
      if (byte === QUOTE) return i;
      i += byte === BACKSLASH ? 2 : 1;
    }
    if (i >= length) return length;
    const quote = bytes.indexOf(QUOTE, i);
    if (quote === -1) return length;
    if (!isEscaped(bytes, i, quote)) return quote;
    i = quote + 1;
  }
}

function isEscaped(bytes: Buffer, from: number, quote: number): boolean {
  let i = quote - 1;
  while (i >= from && bytes[i] === BACKSLASH) i--;
  return (quote - 1 - i) % 2 === 1;
}
