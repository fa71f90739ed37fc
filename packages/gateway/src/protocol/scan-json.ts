import type { Result } from '../base/result.ts';
import { failure, success } from '../base/result.ts';
import { keepsValue, MAX_NUMBER_CHARS } from './number-text.ts';
import type { StrictReason } from './strict-rules.ts';

/** An object (with its keys so far) or an array (null) that is still open. */
interface Open {
  readonly keys: Set<string> | null;
  /** Whether it is the value of a key `constructor`. */
  readonly ofConstructor: boolean;
}

interface Walk {
  readonly text: string;
  readonly open: Open[];
  /** The key whose value comes next; null in arrays and at the top. */
  key: string | null;
  at: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const COLON = 0x3a;

/**
 * Reads the source of a text that `JSON.parse` took, for what its value no longer shows: keys that stood twice, numbers that changed,
 * halves of surrogate pairs, keys that reach a prototype. Iterative, so that depth costs no stack.
 */
export function scanJson(text: string): Result<void, StrictReason> {
  const walk: Walk = { text, open: [], key: null, at: 0 };
  while (walk.at < text.length) {
    const reason = scanToken(walk, text.charCodeAt(walk.at));
    if (reason !== null) return failure(reason, `at character ${walk.at}`);
  }
  return success(undefined);
}

function scanToken(walk: Walk, code: number): StrictReason | null {
  if (code === QUOTE) return scanString(walk);
  if (code === MINUS || (code >= 0x30 && code <= 0x39)) return scanNumber(walk);
  if (code === 0x7b || code === 0x5b) {
    walk.open.push({ keys: code === 0x7b ? new Set() : null, ofConstructor: walk.key === 'constructor' });
    walk.key = null;
  } else if (code === 0x7d || code === 0x5d) {
    walk.open.pop();
    walk.key = null;
  } else if (code === 0x2c) {
    walk.key = null;
  }
  walk.at++;
  return null;
}

function scanNumber(walk: Walk): StrictReason | null {
  let end = walk.at + 1;
  // Not to the end of 10 MB of digits: what is longer than any number that keeps its value is refused as it is.
  while (end - walk.at <= MAX_NUMBER_CHARS && isOfNumber(walk.text.charCodeAt(end))) end++;
  if (!keepsValue(walk.text.slice(walk.at, end))) return 'protocol.unsafe_number';
  walk.at = end;
  return null;
}

// Digits, `+`, `-`, `.`, `e`, `E`: the text is valid JSON, so nothing else can stand within a number and none of these right after it.
const isOfNumber = (code: number): boolean =>
  (code >= 0x30 && code <= 0x39) || code === 0x2e || code === 0x2b || code === 0x2d || code === 0x65 || code === 0x45;

function scanString(walk: Walk): StrictReason | null {
  const { text, at } = walk;
  const end = endOfString(text, at + 1);
  const raw = text.slice(at + 1, end);
  const content = raw.includes('\\') ? (JSON.parse(text.slice(at, end + 1)) as string) : raw;
  if (!content.isWellFormed()) return 'protocol.lone_surrogate';
  const colon = afterSpace(text, end + 1);
  const owner = walk.open.at(-1);
  if (text.charCodeAt(colon) !== COLON || !owner?.keys) {
    walk.at = end + 1;
    return null;
  }
  return scanKey(walk, content, owner, colon);
}

function scanKey(walk: Walk, key: string, owner: Open, colon: number): StrictReason | null {
  if (key === '__proto__' || (key === 'prototype' && owner.ofConstructor)) return 'protocol.forbidden_key';
  if (owner.keys?.has(key)) return 'protocol.duplicate_key';
  owner.keys?.add(key);
  walk.key = key;
  walk.at = colon + 1;
  return null;
}

function endOfString(text: string, start: number): number {
  let quote = text.indexOf('"', start);
  while (isEscaped(text, start, quote)) quote = text.indexOf('"', quote + 1);
  return quote;
}

function isEscaped(text: string, start: number, quote: number): boolean {
  let i = quote - 1;
  while (i >= start && text.charCodeAt(i) === BACKSLASH) i--;
  return (quote - 1 - i) % 2 === 1;
}

function afterSpace(text: string, start: number): number {
  let i = start;
  while (i < text.length && text.charCodeAt(i) <= 0x20) i++;
  return i;
}
