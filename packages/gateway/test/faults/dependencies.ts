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
export const DEPENDENCIES: readonly Dependency[] = [
  {
    dependency: 'journal disk',
    fails: 'a write or a sync fails',
    reason: 'audit.journal_poisoned',
    answer: 'HTTP 503 that says nothing was forwarded, until a restart',
    test: 'packages/gateway/test/faults/failed-writes.test.ts',
  },
  {
    dependency: 'journal disk',
    fails: 'it is full',
    reason: 'audit.journal_unavailable',
    answer: 'HTTP 503 that says nothing was forwarded, until there is room',
    test: 'packages/gateway/test/faults/failed-writes.test.ts',
  },
  {
    dependency: 'journal segments',
    fails: 'they are damaged or missing when the gateway starts',
    reason: 'audit.journal_damaged',
    answer: 'nothing listens; the start names the file and the byte and changes nothing',
    test: 'packages/gateway/test/faults/damage.test.ts',
  },
  {
    dependency: 'data directory',
    fails: 'another process owns it',
    reason: 'storage.data_in_use',
    answer: 'nothing listens; the second process says so and exits',
    test: 'packages/gateway/src/storage/open-storage.test.ts',
  },
  {
    dependency: 'stdio server',
    fails: 'it does not start',
    reason: 'gateway.upstream_start_failed',
    answer: 'an error that says so; other servers go on',
    test: 'packages/gateway/test/upstream/hostile-stdio.test.ts',
  },
  {
    dependency: 'stdio server',
    fails: 'it ends in the middle of a call',
    reason: 'gateway.upstream_closed',
    answer: 'an error that says that it may have acted; the next call starts it again',
    test: 'packages/gateway/test/upstream/hostile-stdio.test.ts',
  },
  {
    dependency: 'HTTP server',
    fails: 'it does not answer',
    reason: 'gateway.upstream_timeout',
    answer: 'an error at the deadline that says that it may have acted',
    test: 'packages/gateway/test/upstream/hostile-http.test.ts',
  },
  {
    dependency: 'HTTP server',
    fails: 'it answers garbage',
    reason: 'gateway.upstream_garbage',
    answer: 'an error; nothing of the answer is passed on',
    test: 'packages/gateway/test/upstream/hostile-http.test.ts',
  },
  {
    dependency: 'HTTP server',
    fails: 'its answer is larger than 10 MB',
    reason: 'gateway.upstream_too_large',
    answer: 'an error; nothing of the answer is passed on',
    test: 'packages/gateway/test/upstream/hostile-http.test.ts',
  },
];
