import { expect, test } from 'vitest';
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
