import { describe, expect, it } from 'vitest';
import { changeLines } from './change-lines.ts';

describe('a change as a reader sees it', () => {
  it.each([
    ['what came', null, { id: 'a', roles: ['x', 'y'] }, ['+ id: "a"', '+ roles: ["x","y"]']],
    ['what went', { id: 'a' }, null, ['- id: "a"']],
    ['what differs, by its path', { a: { b: 1, c: 2 } }, { a: { b: 1, c: 3 } }, ['a.c: 2 -> 3']],
    ['a member of a list of objects', { t: [{ n: 1 }, { n: 2 }] }, { t: [{ n: 1 }, { n: 5 }, { n: 6 }] }, ['t.1.n: 2 -> 5', '+ t.2.n: 6']],
    ['an emptied list', { t: ['x'] }, { t: [] }, ['t: ["x"] -> []']],
    ['null that became a value', { end: null }, { end: 7 }, ['end: null -> 7']],
    ['nothing', { a: [1] }, { a: [1] }, []],
    ['nothing of nothing', null, null, []],
  ])('%s', (_name, before, after, lines) => {
    expect(changeLines(before, after)).toEqual(lines);
  });

  it('obeys no terminal and ends', () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`k${i}`, i]));
    const lines = changeLines(null, { '\u001b[2J': '\u001b]0;owned\u0007', ...many });
    expect(lines.join('\n')).not.toMatch(/[\p{Cc}--\n]/v);
    expect([lines.length, lines.at(-1)]).toEqual([61, 'and 441 more']);
  });
});
