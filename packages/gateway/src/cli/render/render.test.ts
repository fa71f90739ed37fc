import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sanitize } from './sanitize.ts';
import { screenOf } from './style.ts';
import { facts, table } from './table.ts';
import { duration, readTime, relative } from './time.ts';
import { cut, pad, widthOf, wrap } from './width.ts';

const anyText = fc.string({ unit: 'binary', maxLength: 60 });

describe('sanitize', () => {
  it.each([
    ['\u001b[2J', '\\u{1b}[2J'],
    ['a\nb\tc\r', 'a\\nb\\tc\\r'],
    ['\u009b31m', '\\u{9b}31m'],
    ['user\u202etxt.exe', 'user\\u{202e}txt.exe'],
    ['zero\u200bwidth', 'zero\\u{200b}width'],
    ['\u{e0041}tag', '\\u{e0041}tag'],
    ['\ud800', '\\u{d800}'],
    ['plain é 漢字 😀', 'plain é 漢字 😀'],
  ])('%j becomes %j', (text, expected) => {
    expect(sanitize(text)).toBe(expected);
  });

  it('leaves no control, bidirectional or lone surrogate character in any text', () => {
    fc.assert(fc.property(anyText, (text) => !/[\p{Cc}\p{Bidi_Control}\p{Cf}\p{Surrogate}]/u.test(sanitize(text))));
  });
});

describe('width', () => {
  it.each([
    ['abc', 3],
    ['漢字', 4],
    ['e\u0301', 1],
    ['😀', 2],
    [`${String.fromCharCode(27)}[31mred${String.fromCharCode(27)}[39m`, 3],
  ])('%j takes %i columns', (text, width) => {
    expect(widthOf(text)).toBe(width);
  });

  it('cut never gives more columns than asked for', () => {
    fc.assert(fc.property(anyText, fc.integer({ min: 1, max: 40 }), (text, width) => widthOf(cut(sanitize(text), width)) <= width));
  });

  it('wrap loses no word', () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { maxLength: 20 }),
        (words) => wrap(words.join(' '), 20).join(' ') === words.join(' '),
      ),
    );
  });

  it('pad never shortens', () => {
    expect(pad('abcdef', 3)).toBe('abcdef');
  });
});

describe('time', () => {
  it.each([
    [400, '0.4 ms'],
    [12_000, '12 ms'],
    [999_400, '999 ms'],
    [1_300_000, '1.3 s'],
    [59_940_000, '59.9 s'],
    [120_000_000, '2 min'],
  ])('%i us is %s', (us, text) => {
    expect(duration(us)).toBe(text);
  });

  it.each([
    [null, 'never'],
    [1_000_000, 'now'],
    [1_000_000 - 180_000, '3 min ago'],
    [1_000_000 + 29 * 86_400_000, 'in 29 days'],
  ])('%s is %s', (time, text) => {
    expect(relative(time, 1_000_000)).toBe(text);
  });

  it.each([
    ['15m', 1_000_000_000_000 - 900_000],
    ['2026-11-21T10:00:00Z', Date.UTC(2026, 10, 21, 10)],
    ['1795255200000', 1_795_255_200_000],
    ['yesterday', null],
    ['15', null],
    ['-5m', null],
    ['2026-13-40', null],
    ['', null],
  ])('%j reads as %s', (text, time) => {
    expect(readTime(text, 1_000_000_000_000)).toBe(time);
  });
});

describe('screen', () => {
  it.each([
    [{ isTTY: true, columns: 100 }, {}, { width: 100, color: true }],
    [{ isTTY: true, columns: 100 }, { NO_COLOR: '1' }, { width: 100, color: false }],
    [{ isTTY: true, columns: 100 }, { NO_COLOR: '' }, { width: 100, color: true }],
    [{ isTTY: true }, { TERM: 'dumb' }, { width: 80, color: false }],
    [{ isTTY: true, columns: 10 }, {}, { width: 40, color: true }],
    [{}, {}, { width: null, color: false }],
    [{}, { FORCE_COLOR: '1' }, { width: null, color: true }],
    [{ isTTY: true, columns: 90 }, { FORCE_COLOR: '0' }, { width: 90, color: false }],
  ])('%j with %j is %j', (stream, env, expected) => {
    expect(screenOf(stream, env)).toEqual(expected);
  });
});

const COLUMNS = [
  { title: 'id', text: (row: readonly string[]) => row[0] ?? '' },
  { title: 'name', text: (row: readonly string[]) => row[1] ?? '', flexible: true },
  { title: 'n', text: (row: readonly string[]) => row[2] ?? '', align: 'right' as const },
];
const ROWS = [
  ['k_1', 'a name that is rather long', '7'],
  ['k_22', 'short', '12'],
];

describe('table', () => {
  it('has columns where they fit', () => {
    expect(table(COLUMNS, ROWS, { width: 60, color: false })).toBe(
      ['id    name                         n', 'k_1   a name that is rather long   7', 'k_22  short                       12'].join('\n'),
    );
  });

  it('cuts what may be cut where they do not', () => {
    expect(table(COLUMNS, ROWS, { width: 30, color: false })).toBe(
      ['id    name                   n', 'k_1   a name that is rath…   7', 'k_22  short                 12'].join('\n'),
    );
  });

  it('gives each row a block where even that is too wide, ids whole', () => {
    expect(table(COLUMNS, ROWS, { width: 20, color: false })).toBe(
      ['id    k_1', 'name  a name that is', '      rather long', 'n     7', '', 'id    k_22', 'name  short', 'n     12'].join('\n'),
    );
  });

  it('is tab-separated and whole in a pipe', () => {
    expect(table(COLUMNS, ROWS, { width: null, color: false })).toBe('id\tname\tn\nk_1\ta name that is rather long\t7\nk_22\tshort\t12');
    expect(facts([['id', 'k_1']], { width: null, color: false })).toBe('id\tk_1');
  });
});
