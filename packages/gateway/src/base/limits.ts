/** Every bound in one place. Bytes, counts or milliseconds, as the name says. */
export const LIMITS = {
  /** R2-040: 10 MB read as 10 * 1024 * 1024, before and after decompression. Results have the same cap. */
  bodyBytes: 10_485_760,
  /** Bodies beyond this are read in a thread. */
  largeBytes: 262_144,
  largeMs: 10_000,
  largeQueue: 64,
  largeWorkerMegabytes: 512,
  batchMembers: 20,
  jsonDepth: 64,
  jsonNodes: 500_000,
  jsonKeyBytes: 1024,
  objectKeys: 10_000,
  headerBytes: 16_384,
  headersMs: 10_000,
  bodyMs: 30_000,
  keepAliveMs: 65_000,
  /** How long what was written to a connection may wait for its reader, lengthened by a second for each so many bytes that waited. */
  unreadMs: 30_000,
  unreadBytesPerSecond: 131_072,
  /** A connection on which nothing happens for so long is probed (TCP keep-alive), and closed where ten probes a second apart find nobody. */
  probeAfterMs: 10_000,
  /** A quiet event stream says something this often: less often than probes find out, which wait while anything is on its way. */
  streamBeatMs: 25_000,
  idBytes: 256,
  methodBytes: 128,
  nameBytes: 256,
  uriBytes: 8192,
  connections: 10_000,
  connectionsPerAddress: 512,
  inFlightPerPrincipal: 64,
  /** Of one principal at one server. A limit of a server or tool can only be tighter. */
  inFlightPerServer: 32,
  /** The largest figures that a limit of a server or tool may have. */
  callsPerMinute: 1_000_000,
  inFlightOfServer: 10_000,
  sessionsPerPrincipal: 32,
  sessions: 4096,
  sessionIdleMs: 30 * 60_000,
  streamsPerSession: 4,
  listensPerPrincipal: 16,
  subscriptionsPerSession: 1000,
  streamBufferBytes: 1_048_576,
  /** What a stream keeps to be told again: events of one, bytes of a session's, a principal's and of all, and for how long once it is complete. */
  replayEvents: 1000,
  replaySessionBytes: 16_777_216,
  replayPrincipalBytes: 25_165_824,
  replayBytes: 67_108_864,
  replayMs: 120_000,
  /** A call of a stateful session that takes longer is answered as a stream, which can be taken up again. */
  streamAfterMs: 5000,
  callMs: 60_000,
  callTotalMs: 300_000,
  startMs: 20_000,
  upstreamIdleMs: 5 * 60_000,
  upstreamsPerPrincipal: 16,
  upstreams: 256,
  stderrLineBytes: 8192,
  stderrBytesPerMinute: 65_536,
  toolsPerServer: 1000,
  resourcesPerServer: 10_000,
  /** How long one server may hold up a list that several make up. */
  listServerMs: 10_000,
  listPages: 100,
  toolDefinitionBytes: 65_536,
  schemaDepth: 32,
  schemaSubschemas: 2000,
  schemaCompileMs: 3000,
  /** A schema that took longer in the worker is never compiled on the main thread: its validation stays in the worker. */
  schemaMainCompileMs: 50,
  /** In-place work of a schema with every `$ref` followed; above it validation runs in the worker under `validationMs`. */
  schemaExpandedCost: 20_000,
  schemaWorkerMegabytes: 96,
  validationMs: 500,
  validationQueue: 64,
  descriptionBytes: 16_384,
  servers: 200,
  tenants: 100,
  grants: 10_000,
  /** An operator's own policies of a tenant, bytes of one, and of one file of them. */
  policies: 500,
  policyBytes: 4096,
  policyFileBytes: 524_288,
  notificationsPerCall: 10_000,
  pageSize: 100,
  /** Messages that cost no unit of the budget (answers, notifications, pings) still have a bound, per address and minute. */
  unchargedPerMinute: 1200,
  /** What one server may ask of its client: open at once, within a minute, during one call; and how long a person may take. */
  asksOpen: 8,
  asksPerMinute: 60,
  asksPerCall: 32,
  askMs: 240_000,
  /** Requests of a server in a minute, answered or not, beyond which its session ends. */
  askFlood: 2000,
  elicitationsPerSession: 256,
  /** Tasks under way, and how long one may take and its result be kept. */
  tasks: 4096,
  tasksPerPrincipal: 64,
  taskMs: 60 * 60_000,
  statusesPerTask: 200,
  taskArgumentBytes: 65_536,
  /** Rounds of input that one request may go through, and how long a client may take for one. */
  rounds: 10,
  roundMs: 10 * 60_000,
  recordBytes: 65_535,
  refusalsRecordedPerMinute: 60,
} as const;
