import { type Claim, claimsOf } from './claims.ts';

export interface Requirement {
  readonly id: string;
  readonly area: string;
  readonly req: string;
}

/** One test of the last run. */
export interface TestOutcome {
  readonly title: string;
  readonly passed: boolean;
  readonly file: string;
}

export interface RowState {
  readonly id: string;
  readonly area: string;
  /** `failing`: a test claims it and did not pass, so nothing is claimed. */
  readonly state: 'proved' | 'partial' | 'failing' | 'not yet';
  /** The clauses that tests name as unproved; empty unless partial. */
  readonly unproved: readonly string[];
  readonly tests: readonly string[];
}

/** What each row comes to: a row is proved when at least one test claims it in full, and every test that claims it passed. */
export function stateOfRows(rows: readonly Requirement[], tests: readonly TestOutcome[]): readonly RowState[] {
  const claims = new Map<string, { readonly claim: Claim; readonly test: TestOutcome }[]>();
  for (const test of tests) {
    for (const claim of claimsOf(test.title)) claims.set(claim.id, [...(claims.get(claim.id) ?? []), { claim, test }]);
  }
  return rows.map(({ id, area }) => {
    const own = claims.get(id) ?? [];
    const state = stateOf(own);
    const unproved = state === 'partial' ? [...new Set(own.flatMap(({ claim }) => claim.unproved ?? []))] : [];
    return { id, area, state, unproved, tests: [...new Set(own.map(({ test }) => test.file))] };
  });
}

function stateOf(own: readonly { readonly claim: Claim; readonly test: TestOutcome }[]): RowState['state'] {
  if (own.length === 0) return 'not yet';
  if (own.some(({ test }) => !test.passed)) return 'failing';
  return own.some(({ claim }) => claim.unproved === null) ? 'proved' : 'partial';
}

interface JestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** The tests of the product in the JSON report that `npm test` leaves. What tests our tools may have claims for data. */
export const testsOf = (report: JestReport, root: string): readonly TestOutcome[] =>
  report.testResults
    .map(({ name, assertionResults }) => ({ file: name.replace(root, ''), assertionResults }))
    .filter(({ file }) => file.startsWith('packages/'))
    .flatMap(({ file, assertionResults }) =>
      assertionResults.map(({ fullName, status }) => ({ title: fullName, passed: status === 'passed', file })),
    );
