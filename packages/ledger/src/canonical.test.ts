import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalize } from './canonical.ts';

interface Vectors {
  readonly numbers: readonly (readonly [string, string | null])[];
  readonly documents: readonly {
    readonly clause: string;
    readonly input: string;
    readonly utf8?: string;
    readonly values?: readonly string[];
  }[];
}

const vectors = JSON.parse(readFileSync(new URL('../test/vectors/rfc8785.json', import.meta.url), 'utf8')) as Vectors;

const fromBits = (hex: string): number => Buffer.from(hex, 'hex').readDoubleBE();

const nested = (depth: number): unknown => {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
};

describe('published vectors', () => {
  test.each(vectors.numbers)('number %s is written as %s', (bits, expected) => {
    const result = canonicalize(fromBits(bits));
    expect(result).toEqual(expected === null ? { ok: false, reason: 'ledger.number_not_finite' } : { ok: true, value: expected });
  });

  test.each(vectors.documents)('document of $clause', ({ input, utf8, values }) => {
    const result = canonicalize(JSON.parse(input));
    if (!result.ok) throw new Error(result.reason);
    if (utf8 !== undefined) expect(Buffer.from(result.value).toString('hex')).toBe(utf8);
    if (values !== undefined) expect(result.value.match(/"[^"]*"(?=[,}])/g)).toEqual(values.map((value) => JSON.stringify(value)));
  });
});

const circular: Record<string, unknown> = {};
circular['self'] = circular;

describe('refusals', () => {
  test.each<[string, unknown, string]>([
    ['a lone high surrogate', 'a\ud800', 'ledger.lone_surrogate'],
    ['a lone low surrogate', '\udc00b', 'ledger.lone_surrogate'],
    ['surrogates in the wrong order', '\ude00\ud83d', 'ledger.lone_surrogate'],
    ['a lone surrogate in a key', { '\ud800': 1 }, 'ledger.lone_surrogate'],
    ['NaN in a list', [Number.NaN], 'ledger.number_not_finite'],
    ['infinity in an object', { a: Number.POSITIVE_INFINITY }, 'ledger.number_not_finite'],
    ['undefined', undefined, 'ledger.not_json'],
    ['an undefined member', { a: undefined }, 'ledger.not_json'],
    ['a hole in a list', new Array(1), 'ledger.not_json'],
    ['a big integer', 1n, 'ledger.not_json'],
    ['a symbol', Symbol('x'), 'ledger.not_json'],
    ['a function', () => 1, 'ledger.not_json'],
    ['an object with a class', new Date(0), 'ledger.not_json'],
    ['a map', new Map(), 'ledger.not_json'],
    ['a list 257 deep', nested(257), 'ledger.too_deep'],
    ['a circle', circular, 'ledger.too_deep'],
  ])('%s is refused', (_name, value, reason) => {
    expect(canonicalize(value)).toEqual({ ok: false, reason });
  });

  test('a list 256 deep is accepted', () => {
    expect(canonicalize(nested(256)).ok).toBe(true);
  });
});

describe('properties', () => {
  test('the canonical form reads as the same value and is its own canonical form', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const first = canonicalize(value);
        if (!first.ok) throw new Error(first.reason);
        const read: unknown = JSON.parse(first.value);
        expect(read).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalize(read)).toEqual(first);
      }),
    );
  });

  test('the order in which keys were set does not matter', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.integer()), (object) => {
        expect(canonicalize(Object.fromEntries(Object.entries(object).reverse()))).toEqual(canonicalize(object));
      }),
    );
  });

  test('a key named __proto__ is a key like any other', () => {
    expect(canonicalize(JSON.parse('{"__proto__":{"a":1}}'))).toEqual({ ok: true, value: '{"__proto__":{"a":1}}' });
  });
});
