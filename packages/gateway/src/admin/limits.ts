/** Bounds of the administration listener. Bytes, counts or milliseconds, as the name says. */
export const ADMIN_LIMITS = {
  bodyBytes: 1_048_576,
  queryBytes: 2048,
  failedAttempts: 10,
  attemptWindowMs: 60_000,
  /** Places whose failures are remembered. Beyond it the oldest is forgotten. */
  attemptPlaces: 1024,
  connections: 256,
  connectionsPerAddress: 128,
  headerBytes: 16_384,
  streams: 16,
  /** A follower that has this much unread is ended: it can come back with `from`. */
  streamBacklogBytes: 1_048_576,
  heartbeatMs: 15_000,
  drainMs: 2000,
  /** Refusals before authentication are recorded one by one up to this many a minute, then counted (DESIGN section 4, "Records"). */
  refusalsRecordedPerMinute: 60,
  /** A unix socket's path fits into 104 bytes on macOS and 108 on Linux, with the ending NUL. */
  socketPathBytes: 100,
} as const;
