import { describe, expect, it } from 'vitest';
import { unplain } from './plain-text.ts';

describe('a text that stands for a path or URL', () => {
  it.each([
    'reports/a.txt',
    '/srv/data/reports/2026/q3 final.txt',
    'reports/',
    '',
    'notes.md',
    'reports/.hidden',
    'berichte/übersicht.txt',
    'orders',
    'https://example.com/a/b?q=a%20b#c',
    'file:///srv/data/a.txt',
    'a:b/c@d',
  ])('%j means itself', (text) => {
    expect(unplain(text)).toBeNull();
  });

  it.each([
    '../secret',
    'reports/../secret',
    'reports/..',
    'reports/./a',
    './reports/a',
    'reports//a',
    '//host/share',
    'reports\\..\\secret',
    'reports/%2e%2e/secret',
    '%72eports/a',
    'reports/a\u0000.txt',
    'reports/a\n',
    'reports/\u202etxt.a',
    'reports/\u200b../a',
    'reports/．．/secret',
    'reports／..／secret',
    'ﬁles/a',
    'u\u0308bersicht',
    'reports/.. /secret',
    'reports/... /a',
    'reports/a.',
    'reports /a',
    'REPORT~1/a',
    '~/secret',
    'https://example.com/../secret',
    'https://example.com/%2e%2e/secret',
    'https://example.com/%2Fsecret',
    'https://example.com/%73ecret',
    'https://example.com@evil.example/a',
    'https://example.com\\@evil.example/a',
    'https://example.com/a%zz',
    'https://example.com//a',
    'https://EXAMPLE.com/a',
    'https://example.com./a',
  ])('%j may mean something else', (text) => {
    expect(unplain(text)).toEqual(expect.any(String));
  });

  it('is judged in linear time', () => {
    const began = performance.now();
    for (const part of ['../', '%2', 'a/', '~', '.', '/', 'é']) unplain(part.repeat(60_000 / part.length));
    expect(performance.now() - began).toBeLessThan(2000);
  });
});
