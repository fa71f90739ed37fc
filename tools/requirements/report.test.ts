import { expect, test } from 'vitest';
import { claimsOf, malformedClaims } from './claims.ts';
import { CLAUSES } from './clauses.ts';
import { stateOfRows, testsOf } from './report.ts';

const rows = [{ id: 'R2-053', area: 'LIMITS', req: '' }];
const full = '[R2-053]';
const part = '[R2-053 partial: two instances]';
const of = (title: string, passed: boolean) => ({ title: `x ${title}`, passed, file: 'a.test.ts' });

test.for([
  ['nothing claims it', [], 'not yet', []],
  ['a test passes', [of(full, true)], 'proved', []],
  ['a test fails', [of(full, false)], 'failing', []],
  ['one of two fails', [of(full, true), of(full, false)], 'failing', []],
  ['a partial one passes', [of(part, true)], 'partial', ['two instances']],
  ['a partial one passes beside a full one', [of(part, true), of(full, true)], 'proved', []],
  ['a partial one fails', [of(part, false)], 'failing', []],
] as const)('a row where %s', ([, tests, state, unproved]) => {
  expect(stateOfRows(rows, tests)).toMatchObject([{ id: 'R2-053', state, unproved }]);
});

const parts = { 'R2-053': ['first', 'second', 'third'] };
// Put together, since a title in one piece is held to the parts that there are.
const claim = (id: string, parts: string): string => `[${id} ${parts}]`;
const first = claim('R2-053', 'part: first');
const rest = claim('R2-053', 'part: second; third');

test.for([
  ['no part is claimed', [of(part, true)], 'partial', ['first', 'second', 'third']],
  ['one part is claimed', [of(first, true)], 'partial', ['second', 'third']],
  ['two parts are, by one title', [of(claim('R2-053', 'part: first; second'), true)], 'partial', ['third']],
  ['every part is, by two', [of(first, true), of(rest, true)], 'proved', []],
  ['every part is, but one test failed', [of(first, false), of(rest, true)], 'failing', []],
  ['a part is claimed beside the whole', [of(first, true), of(full, true)], 'proved', []],
] as const)('a divided row where %s', ([, tests, state, unproved]) => {
  expect(stateOfRows(rows, tests, parts)).toMatchObject([{ id: 'R2-053', state, unproved }]);
});

test.for(['[R4-01 part: conformance suite]', '[R4-01 part: conformance suite; differential test]'])('%s is a claim', (title) => {
  expect([malformedClaims(title), claimsOf(title).length]).toEqual([[], 1]);
});

test.for([
  ['R4-01', 'part: conformance'],
  ['R4-01', 'part: conformance suite, differential test'],
  ['R4-01', 'part: '],
  ['R4-01', 'part'],
  ['R2-053', 'part: conformance suite'],
] as const)('%s %s is none: a part is one that is listed for its row', ([id, named]) => {
  expect(malformedClaims(claim(id, named))).toEqual([claim(id, named)]);
});

test('divided rows are rows, and each has several parts with names of their own', () => {
  for (const [id, named] of Object.entries(CLAUSES))
    expect([id, new Set(named).size > 1, new Set(named).size]).toEqual([id, true, named.length]);
});

test('reads the report: what did not pass is no proof, and tests of tools prove nothing of the product', () => {
  const report = {
    testResults: [
      { name: '/root/tools/a.test.ts', assertionResults: [{ fullName: 'x', status: 'passed' }] },

      {
        name: '/root/packages/a.test.ts',
        assertionResults: ['passed', 'failed', 'pending'].map((status) => ({ fullName: status, status })),
      },
    ],
  };
  expect(testsOf(report, '/root/').map(({ title, passed, file }) => [title, passed, file])).toEqual([
    ['passed', true, 'packages/a.test.ts'],
    ['failed', false, 'packages/a.test.ts'],
    ['pending', false, 'packages/a.test.ts'],
  ]);
});
