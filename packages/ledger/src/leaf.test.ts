import { expect, test } from 'vitest';
import { leafOf, leafOfPrefixed } from './leaf.ts';

// RFC 6962 2.1: the leaf of an empty entry, SHA-256(0x00), as published with the test data of Certificate Transparency.
const EMPTY_LEAF = '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d';

test('the leaf of no bytes is the published one', () => {
  expect(leafOf(new Uint8Array(0))).toBe(EMPTY_LEAF);
  expect(leafOfPrefixed(Uint8Array.of(0))).toBe(EMPTY_LEAF);
});

test('both ways give one leaf', () => {
  const bytes = Buffer.from('{"v":1}');
  expect(leafOfPrefixed(Buffer.concat([Buffer.of(0), bytes]))).toBe(leafOf(bytes));
});

test('bytes without the prefix are a bug, not a leaf', () => {
  expect(() => leafOfPrefixed(Uint8Array.of(1, 2))).toThrow('prefix');
  expect(() => leafOfPrefixed(new Uint8Array(0))).toThrow('prefix');
});
