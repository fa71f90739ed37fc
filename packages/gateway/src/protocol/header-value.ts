import { isUtf8 } from 'node:buffer';

const OPEN = '=?base64?';
const CLOSE = '?=';
/** RFC 9110 section 5.5: visible ASCII, with spaces and tabs inside only. Empty is a value. */
const PLAIN = /^(?:[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)?$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const isWrapped = (text: string): boolean => text.startsWith(OPEN) && text.endsWith(CLOSE) && text.length >= OPEN.length + CLOSE.length;

/** A text as a header value: plain, or base64 of its UTF-8 in the sentinel (MCP 2026-07-28 streamable HTTP, value encoding). */
export const encodeHeaderValue = (text: string): string =>
  PLAIN.test(text) && !isWrapped(text) ? text : `${OPEN}${Buffer.from(text, 'utf8').toString('base64')}${CLOSE}`;

/** The text that a header value stands for; null where it has forbidden characters, or a sentinel around what is not base64 of UTF-8. */
export function decodeHeaderValue(value: string): string | null {
  if (!PLAIN.test(value)) return null;
  if (!isWrapped(value)) return value;
  const inner = value.slice(OPEN.length, -CLOSE.length);
  if (!BASE64.test(inner)) return null;
  const bytes = Buffer.from(inner, 'base64');
  // Unused bits set in the last character would give one value many spellings.
  return isUtf8(bytes) && bytes.toString('base64') === inner ? bytes.toString('utf8') : null;
}
