import { describe, expect, it } from 'vitest';
import { keysInUrl, namesCredential } from './keys-in-url.ts';

const KEY = `sp_${'a'.repeat(43)}_${'b'.repeat(6)}`;
const other = (letter: string): string => KEY.replaceAll('a', letter);

describe('a credential in a URL', () => {
  it.each([
    ['', `key=${KEY}`, [KEY]],
    ['', KEY, [KEY]],
    ['', `x=1&y=${KEY}&z=2`, [KEY]],
    ['', `k=%73p%5F${KEY.slice(3)}`, [KEY]],
    ['', `k=Bearer%20${KEY}`, [KEY]],
    [`/mcp/${KEY}`, '', [KEY]],
    ['', `a=${KEY}&b=${KEY}`, [KEY]],
    ['', ['c', 'd', 'e', 'f'].map((letter) => `k=${other(letter)}`).join('&'), ['c', 'd', 'e'].map(other)],
    ['', 'access_token=anything', []],
    ['', 'API_KEY=anything', []],
    ['', `k=${KEY.slice(0, 30)}`, []],
  ])('is seen in %s?%s', (path, query, keys) => {
    expect(namesCredential({ path: path === '' ? '/mcp' : path, query })).toBe(true);
    expect(keysInUrl({ path, query })).toEqual(keys);
  });

  it.each(['', 'session=1', 'q=sp_short', 'monkey=1', 'q=%zz%', 'keys=1'])('is not seen in ?%s', (query) => {
    expect(namesCredential({ path: '/mcp', query })).toBe(false);
  });
});
