/** Bounds of the administration listener. Bytes, counts or milliseconds, as the name says. */
export const ADMIN_LIMITS = {
  bodyBytes: 1_048_576,
  queryBytes: 2048,
  purposeCharacters: 500,
  failedAttempts: 10,
  attemptWindowMs: 60_000,
  /** Places whose failures are remembered. Beyond it the oldest is forgotten. */
  attemptPlaces: 1024,
  connections: 256,
  connectionsPerAddress: 128,
  headerBytes: 16_384,
  streams: 16,
  heartbeatMs: 15_000,
  drainMs: 2000,
  /** A unix socket's path fits into 104 bytes on macOS and 108 on Linux, with the ending NUL. */
  socketPathBytes: 100,
} as const;
