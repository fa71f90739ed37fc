import { type Claim, claimsOf } from './claims.ts';
import { CLAUSES } from './clauses.ts';

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
  /** The parts that no test claims, or where the row is not divided what tests name as unproved; empty unless partial. */
  readonly unproved: readonly string[];
  readonly tests: readonly string[];
}

type Claimed = { readonly claim: Claim; readonly test: TestOutcome };

/**
 * What each row comes to: it is proved when every test that claims it passed, and one of them claims it in full or together they claim each of its
 * parts.
 *
 * @param parts of rows that are divided, by id
 */
export function stateOfRows(
  rows: readonly Requirement[],
  tests: readonly TestOutcome[],
  parts: Readonly<Record<string, readonly string[]>> = CLAUSES,
): readonly RowState[] {
  const claims = new Map<string, Claimed[]>();
  for (const test of tests) {
    for (const claim of claimsOf(test.title)) claims.set(claim.id, [...(claims.get(claim.id) ?? []), { claim, test }]);
  }
  return rows.map(({ id, area }) => {
    const own = claims.get(id) ?? [];
    const left = unprovedOf(own, parts[id] ?? null);
    const state = stateOf(own, left);
    return { id, area, state, unproved: state === 'partial' ? left : [], tests: [...new Set(own.map(({ test }) => test.file))] };
  });
}

function stateOf(own: readonly Claimed[], left: readonly string[]): RowState['state'] {
  if (own.length === 0) return 'not yet';
  if (own.some(({ test }) => !test.passed)) return 'failing';
  return left.length === 0 ? 'proved' : 'partial';
}

function unprovedOf(own: readonly Claimed[], parts: readonly string[] | null): readonly string[] {
  const named = (proves: Claim['proves']): readonly string[] => own.flatMap(({ claim }) => (claim.proves === proves ? claim.clauses : []));
  if (own.some(({ claim }) => claim.proves === 'all')) return [];
  if (parts === null) return [...new Set(named('some'))];
  const proved = new Set(named('parts'));
  return parts.filter((part) => !proved.has(part));
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
