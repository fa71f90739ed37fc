/** Longer number texts are refused unread: no double needs more, and 10 MB of digits must cost nothing. */
export const MAX_NUMBER_CHARS = 1000;

/** The most decimal digits that every double carries exactly (IEEE 754): texts within it survive a round trip. */
const SAFE_DIGITS = 15;
const PRECISE_DIGITS = 17;

interface Decimal {
  /** Significant digits without leading or trailing zeros; empty for zero. */
  readonly digits: string;
  /** Power of ten of the first digit. */
  readonly exponent: number;
  readonly negative: boolean;
}

/**
 * Whether a JSON number keeps its value on its way through a double. It does when the double prints as an equal decimal (`1.0` and
 * `1`), or, for a number with fraction or exponent, when it is the double's own 17-digit form, which printf-style writers send
 * (`0.10000000000000001`). `text` must be a valid JSON number.
 */
export function keepsValue(text: string): boolean {
  if (text.length <= SAFE_DIGITS && !/[eE]/.test(text)) return true;
  if (text.length > MAX_NUMBER_CHARS) return false;
  const value = Number(text);
  if (!Number.isFinite(value)) return false;
  const written = decimalOf(text);
  if (isSame(written, decimalOf(String(value)))) return true;
  return /[.eE]/.test(text) && isSame(written, decimalOf(value.toPrecision(PRECISE_DIGITS)));
}

// Zero is zero whatever its sign: -0 leaves as 0, as RFC 8785 writes it.
const isSame = (a: Decimal, b: Decimal): boolean =>
  a.digits === b.digits && (a.digits === '' || (a.exponent === b.exponent && a.negative === b.negative));

function decimalOf(text: string): Decimal {
  const negative = text.startsWith('-');
  const [mantissa = '', power = '0'] = (negative ? text.slice(1) : text).toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const all = whole + fraction;
  let first = 0;
  while (first < all.length && all.charCodeAt(first) === 0x30) first++;
  let last = all.length;
  while (last > first && all.charCodeAt(last - 1) === 0x30) last--;
  return { digits: all.slice(first, last), exponent: Number(power) + whole.length - first - 1, negative };
}
