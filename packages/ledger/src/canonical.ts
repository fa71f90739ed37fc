/** Why a value has no canonical form. */
export type CanonicalReason = 'ledger.lone_surrogate' | 'ledger.number_not_finite' | 'ledger.too_deep' | 'ledger.not_json';

export type CanonicalResult = { readonly ok: true; readonly value: string } | { readonly ok: false; readonly reason: CanonicalReason };

/** Deeper than any message that the gateway lets in (64), and far from the end of the stack. */
const MAX_DEPTH = 256;

/** Thrown inside this file only, to leave the recursion at once. */
class Refusal extends Error {
  readonly reason: CanonicalReason;

  constructor(reason: CanonicalReason) {
    super(reason);
    this.reason = reason;
  }
}

/**
 * The RFC 8785 form of a JSON value: no white space, keys sorted by UTF-16 code units, numbers and strings as ECMAScript serialises them.
 * Encode it as UTF-8 before it is hashed. What JSON cannot hold is refused instead of repaired: NaN, infinities, lone surrogates
 * (RFC 8785 3.2.2.2), `undefined` and objects with a class. Never throws.
 */
export function canonicalize(value: unknown): CanonicalResult {
  try {
    return { ok: true, value: write(value, 0) };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, reason: error.reason };
    throw error;
  }
}

function write(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return writeString(value);
    case 'number':
      return writeNumber(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      return value === null ? 'null' : writeContainer(value, depth + 1);
    default:
      throw new Refusal('ledger.not_json');
  }
}

function writeString(text: string): string {
  if (!text.isWellFormed()) throw new Refusal('ledger.lone_surrogate');
  return JSON.stringify(text);
}

// ECMAScript's Number::toString is RFC 8785's number form; it also turns -0 into "0" (3.2.2.3).
function writeNumber(value: number): string {
  if (!Number.isFinite(value)) throw new Refusal('ledger.number_not_finite');
  return String(value);
}

function writeContainer(value: object, depth: number): string {
  if (depth > MAX_DEPTH) throw new Refusal('ledger.too_deep');
  if (Array.isArray(value)) return `[${Array.from(value, (item) => write(item, depth)).join(',')}]`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw new Refusal('ledger.not_json');
  return writeObject(value as Readonly<Record<string, unknown>>, depth);
}

function writeObject(value: Readonly<Record<string, unknown>>, depth: number): string {
  const members = Object.keys(value)
    .sort()
    .map((key) => `${writeString(key)}:${write(value[key], depth)}`);
  return `{${members.join(',')}}`;
}
