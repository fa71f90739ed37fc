import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isKeyText, KEY_BYTES, keyTextOf } from './key-text.ts';

const README = readFileSync(fileURLToPath(new URL('README.md', import.meta.url)), 'utf8');
/** As it is published for secret scanners. */
const PUBLISHED = /`(\\bsp_[^`]+)`/.exec(README)?.[1] ?? '(?!)';

const keys = fc.uint8Array({ minLength: KEY_BYTES, maxLength: KEY_BYTES }).map((bytes) => keyTextOf(Buffer.from(bytes)));
const found = (text: string): readonly string[] => [...text.matchAll(new RegExp(PUBLISHED, 'g'))].map(([match]) => match);

describe('the pattern that is published for secret scanners', () => {
  test('finds every key, whole, wherever it stands', () => {
    const before = fc.constantFrom('', ' ', '"', "'", '=', ':', '/', '(', '?key=', 'Bearer ', '\n');
    const after = fc.constantFrom('', ' ', '"', "'", '&', ',', ')', ';', '\n', '.');
    fc.assert(fc.property(before, keys, after, (left, key, right) => void expect(found(left + key + right)).toEqual([key])));
  });

  test('finds nothing that is longer, shorter, or part of a word', () => {
    const flaws: readonly ((key: string) => string)[] = [
      (key) => key.slice(0, -1),
      (key) => `${key}A`,
      (key) => `${key}_`,
      (key) => `x${key}`,
      (key) => key.replace('sp_', 'sk_'),
      (key) => key.replace('sp_', 'SP_'),
      (key) => key.slice(0, 20) + key.slice(21),
      (key) => `${key.slice(0, 20)}.${key.slice(21)}`,
    ];
    fc.assert(fc.property(keys, fc.constantFrom(...flaws), (key, spoil) => void expect(found(spoil(key))).toEqual([])));
  });

  test('finds nothing in other text, and what only looks like a key fails the checksum', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => void expect(found(text)).toEqual([])));
    const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const digit = fc.constantFrom(...digits);
    fc.assert(
      fc.property(keys, fc.integer({ min: 3, max: 52 }), digit, (key, place, other) => {
        const changed = key.slice(0, place) + other + key.slice(place + 1);
        if (changed !== key) expect(isKeyText(changed)).toBe(false);
      }),
    );
  });
});
