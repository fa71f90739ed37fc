import { CLAUSES } from './clauses.ts';

/**
 * What a test's title says that it proves: `[R2-053]` all of the row, `[R4-01 part: conformance suite]` the parts named (several stand between
 * semicolons, and each is listed in `clauses.ts`), `[R2-057 partial: other ways of signing in]` something, but not the clause named.
 */
export interface Claim {
  readonly id: string;
  readonly proves: 'all' | 'some' | 'parts';
  /** The clauses named: what is not proved yet where it proves some, what is proved where it proves parts; empty where it proves all. */
  readonly clauses: readonly string[];
}

const CLAIM = /\[(R\d+-\d+)(?: (partial|part): ([^\]]*[^\]\s]))?\]/g;
const MEANT = /\[R\d+-\d+[^\]]*\]?/g;

export const claimsOf = (title: string): readonly Claim[] =>
  [...title.matchAll(CLAIM)].map(([, id = '', form, text = '']) => {
    if (form === undefined) return { id, proves: 'all', clauses: [] };
    return form === 'partial' ? { id, proves: 'some', clauses: [text] } : { id, proves: 'parts', clauses: text.split('; ') };
  });

/** Pieces of a title that are meant as a claim and are none: a claim that nobody counts is worse than none. */
export function malformedClaims(title: string): readonly string[] {
  const good = new Set([...title.matchAll(CLAIM)].map(([text]) => text));
  return [...title.matchAll(MEANT)].map(([text]) => text).filter((text) => !good.has(text) || !claimsOf(text).every(isListed));
}

const isListed = ({ id, proves, clauses }: Claim): boolean =>
  proves !== 'parts' || clauses.every((one) => CLAUSES[id]?.includes(one) === true);
