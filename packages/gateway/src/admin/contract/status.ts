import { z } from 'zod';

export const serverStatus = z.object({
  id: z.string(),
  transport: z.enum(['stdio', 'streamable-http']),
  sharing: z.enum(['session', 'principal', 'shared']),
  state: z.enum(['ready', 'starting', 'disabled', 'failed']),
  tools: z.int(),
  pending: z.int(),
  unreachable: z.int(),
  note: z.string().nullable(),
});

export const status = z.object({
  version: z.string(),
  startedAt: z.int(),
  mcpUrl: z.string(),
  adminUrl: z.string(),
  dataDir: z.string(),
  snapshot: z.object({ sequence: z.int(), digest: z.string() }),
  journalWritable: z.boolean(),
  draining: z.boolean(),
  servers: z.array(serverStatus),
  rate: z.object({ requestsPerMinute: z.number(), burst: z.number() }),
  deviations: z.array(z.object({ key: z.string(), reason: z.string(), until: z.string() })),
  /** Keys that end within seven days, soonest first. */
  keysEnding: z.array(z.object({ id: z.string(), name: z.string(), expiresAt: z.int() })),
});

export type Status = z.infer<typeof status>;
