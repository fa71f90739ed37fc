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
    answer: 'HTTP 503 that says nothing was forwarded, within a second and until a restart',
    test: 'packages/gateway/test/faults/lost-dependencies.test.ts',
  },
  {
    dependency: 'journal disk',
    fails: 'it fails after a call was forwarded',
    reason: 'audit.outcome_unknown',
    answer: 'HTTP 503 that says the answer is withheld; the restart closes the call as unknown',
    test: 'packages/gateway/test/faults/lost-dependencies.test.ts',
  },
  {
    dependency: 'journal disk',
    fails: 'it is full',
    reason: 'audit.journal_unavailable',
    answer: 'HTTP 503 that says nothing was forwarded, until there is room; then calls go on by themselves',
    test: 'packages/gateway/test/faults/lost-dependencies.test.ts',
  },
  {
    dependency: 'journal disk',
    fails: 'it loses, tears and reorders what was not synced (power loss)',
    reason: 'audit.outcome_unknown',
    answer: 'nothing acknowledged is missing; calls without outcome are closed as unknown',
    test: 'packages/gateway/test/faults/power-loss.test.ts',
  },
  {
    dependency: 'gateway process',
    fails: 'it is killed (SIGKILL) under load',
    reason: 'audit.outcome_unknown',
    answer: 'nothing acknowledged is missing; the restart closes open calls as unknown; no server of it survives',
    test: 'packages/gateway/test/faults/kill-gateway.test.ts',
  },
  {
    dependency: 'journal segments',
    fails: 'they are damaged or missing when the gateway starts',
    reason: 'audit.journal_damaged',
    answer: 'nothing listens; the start names the file and the byte and changes nothing',
    test: 'packages/gateway/test/scenarios/damaged-data.test.ts',
  },
  {
    dependency: 'data directory',
    fails: 'another process owns it',
    reason: 'storage.data_in_use',
    answer: 'nothing listens; the second process says so and exits before it writes anything',
    test: 'packages/gateway/test/scenarios/damaged-data.test.ts',
  },
  {
    dependency: 'data directory',
    fails: 'others can read it, or a file in it that must be private',
    reason: 'storage.permissions',
    answer: 'nothing listens; the start says which command sets it right',
    test: 'packages/gateway/test/scenarios/damaged-data.test.ts',
  },
  {
    dependency: 'key file',
    fails: 'it is damaged',
    reason: 'vault.key_file_damaged',
    answer: 'nothing listens; the start says how to recover and changes nothing',
    test: 'packages/gateway/test/scenarios/damaged-data.test.ts',
  },
  {
    dependency: 'key file',
    fails: 'it is missing beside data that it sealed',
    reason: 'vault.key_file_missing',
    answer: 'nothing listens; no new keys are made',
    test: 'packages/gateway/test/scenarios/damaged-data.test.ts',
  },
  {
    dependency: 'kept key file',
    fails: 'it is damaged',
    reason: 'identity.kept_key_damaged',
    answer: 'nothing listens; the file is left as it is',
    test: 'packages/gateway/test/scenarios/damaged-data.test.ts',
  },
  {
    dependency: 'state store',
    fails: 'its database is damaged or missing',
    reason: 'storage.damaged',
    answer: 'nothing listens; the start says how to recover and changes nothing',
    test: 'packages/gateway/test/scenarios/damaged-data.test.ts',
  },
  {
    dependency: 'state store',
    fails: 'it was written with other keys',
    reason: 'storage.wrong_key',
    answer: 'nothing listens; nothing is changed',
    test: 'packages/gateway/test/scenarios/damaged-data.test.ts',
  },
  {
    dependency: 'state store',
    fails: 'its thread ends while the gateway runs',
    reason: 'storage.unavailable',
    answer: 'HTTP 503 for keys that were not seen yet and for every change; keys that were seen go on, since nothing about them can change',
    test: 'packages/gateway/test/faults/lost-dependencies.test.ts',
  },
  {
    dependency: 'state store',
    fails: 'its thread ends: what `serve` and `demo` do',
    reason: 'storage.unavailable',
    answer: 'the end is recorded, `/readyz` answers 503, and the process stops in order and exits with 1',
    test: 'packages/gateway/test/faults/readiness.test.ts',
  },
  {
    dependency: 'policy engine',
    fails: 'it throws or cannot evaluate',
    reason: 'policy.fault',
    answer: 'the call is refused',
    test: 'packages/gateway/src/policy/compile-policies.test.ts',
  },
  {
    dependency: 'schema worker',
    fails: 'it runs out of time',
    reason: 'registry.validation_too_slow',
    answer: 'the call is refused and not forwarded; other calls do not wait',
    test: 'packages/gateway/test/faults/lost-dependencies.test.ts',
  },
  {
    dependency: 'schema worker',
    fails: 'its thread is killed',
    reason: 'registry.validation_too_slow',
    answer: 'the call is refused; the next one gets a new thread',
    test: 'packages/gateway/test/faults/lost-dependencies.test.ts',
  },
  {
    dependency: 'reaper',
    fails: 'it is killed',
    reason: 'gateway.upstream_start_failed',
    answer: 'no server is started until another reaper runs, a second at most; it is told of all servers that run',
    test: 'packages/gateway/test/faults/lost-dependencies.test.ts',
  },
  {
    dependency: 'stdio server',
    fails: 'it does not start',
    reason: 'gateway.upstream_start_failed',
    answer: 'an error that says so; other servers go on',
    test: 'packages/gateway/test/scenarios/hostile-servers.test.ts',
  },
  {
    dependency: 'stdio server',
    fails: 'it ends in the middle of a call',
    reason: 'gateway.upstream_closed',
    answer: 'an error that says that it may have acted; the next call starts it again',
    test: 'packages/gateway/test/scenarios/hostile-servers.test.ts',
  },
  {
    dependency: 'stdio server',
    fails: 'it does not answer',
    reason: 'gateway.upstream_timeout',
    answer: 'an error after 60 s that says that it may have acted',
    test: 'packages/gateway/test/scenarios/hostile-servers.test.ts',
  },
  {
    dependency: 'stdio server',
    fails: 'it answers garbage',
    reason: 'gateway.upstream_garbage',
    answer: 'an error; nothing of the answer is passed on',
    test: 'packages/gateway/test/scenarios/hostile-servers.test.ts',
  },
  {
    dependency: 'stdio server',
    fails: 'it sends a gigabyte',
    reason: 'gateway.upstream_too_large',
    answer: 'an error; nothing of the answer is passed on, and the server is ended',
    test: 'packages/gateway/test/scenarios/hostile-servers.test.ts',
  },
  {
    dependency: 'stdio server',
    fails: 'it fails again and again',
    reason: 'gateway.upstream_unavailable',
    answer: 'an error at once; it is started again ever later, at most every 30 s',
    test: 'packages/gateway/test/upstream/hostile-stdio.test.ts',
  },
  {
    dependency: 'HTTP server',
    fails: 'it cannot be reached',
    reason: 'gateway.upstream_unavailable',
    answer: 'an error that says so',
    test: 'packages/gateway/test/upstream/hostile-http.test.ts',
  },
  {
    dependency: 'HTTP server',
    fails: 'it closes the connection in the middle of a call',
    reason: 'gateway.upstream_closed',
    answer: 'an error that says that it may have acted',
    test: 'packages/gateway/test/scenarios/hostile-servers.test.ts',
  },
  {
    dependency: 'HTTP server',
    fails: 'it does not answer',
    reason: 'gateway.upstream_timeout',
    answer: 'an error after 60 s that says that it may have acted',
    test: 'packages/gateway/test/scenarios/hostile-servers.test.ts',
  },
  {
    dependency: 'HTTP server',
    fails: 'it answers garbage, redirects, or sends events without end',
    reason: 'gateway.upstream_garbage',
    answer: 'an error; nothing of the answer is passed on',
    test: 'packages/gateway/test/scenarios/hostile-servers.test.ts',
  },
  {
    dependency: 'HTTP server',
    fails: 'its answer is larger than 10 MB',
    reason: 'gateway.upstream_too_large',
    answer: 'an error; nothing of the answer is passed on',
    test: 'packages/gateway/test/scenarios/hostile-servers.test.ts',
  },
  {
    dependency: 'HTTP server',
    fails: 'it refuses the credentials of the gateway',
    reason: 'gateway.upstream_authentication',
    answer: 'an error that says so',
    test: 'packages/gateway/test/scenarios/hostile-servers.test.ts',
  },
];
