/** What a test's title says that it proves: `[R2-053]` in full, `[R2-052 partial: two instances]` all but the clause named. */
export interface Claim {
  readonly id: string;
  /** The clause that is not proved yet; null where the row is proved in full. */
  readonly unproved: string | null;
}

const CLAIM = /\[(R\d+-\d+)(?: partial: ([^\]]*[^\]\s]))?\]/g;
const MEANT = /\[R\d+-\d+[^\]]*\]?/g;

export const claimsOf = (title: string): readonly Claim[] =>
  [...title.matchAll(CLAIM)].map(([, id = '', unproved]) => ({ id, unproved: unproved ?? null }));

/** Pieces of a title that are meant as a claim and are none: a claim that nobody counts is worse than none. */
export function malformedClaims(title: string): readonly string[] {
  const good = new Set([...title.matchAll(CLAIM)].map(([text]) => text));
  return [...title.matchAll(MEANT)].map(([text]) => text).filter((text) => !good.has(text));
}
