/** Something that the gateway needs, and what happens without it. `docs/reference/failure.md` is written from these rows. */
export interface Dependency {
  /** What is needed, in an operator's words: `journal disk`, `upstream server`. */
  readonly dependency: string;
  /** How it is broken: `a sync fails`, `it ends in the middle of a call`. */
  readonly fails: string;
  /** The reason in the journal and the log: one of `contracts/reasons`. */
  readonly reason: string;
  /** What the caller is answered. */
  readonly answer: string;
  /** The test that breaks it, by its path from the root. */
  readonly test: string;
}

/** One row a dependency and way of failing, each with a literal for every field: the page's generator reads the text. */
export const DEPENDENCIES: readonly Dependency[] = [];
