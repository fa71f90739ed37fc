import { z } from 'zod';

export const serverStatus = z
  .object({
    id: z.string(),
    transport: z.enum(['stdio', 'streamable-http']),
    sharing: z.enum(['session', 'principal', 'shared']),
    state: z.enum(['ready', 'starting', 'disabled', 'failed']),
    tools: z.int(),
    pending: z.int(),
    unreachable: z.int(),
    failuresLastHour: z.int().describe('Starts that failed and processes or connections that ended by themselves.'),
    circuit: z.enum(['closed', 'open', 'half-open']).describe('open: it failed several times in a row and is left alone for a moment.'),
    note: z.string().nullable(),
  })
  .meta({ id: 'ServerStatus' });

export const status = z
  .object({
    version: z.string(),
    startedAt: z.int(),
    now: z.int().describe("The gateway's clock, to compare with one's own."),
    mcpUrl: z.string(),
    adminUrl: z.string(),
    dataDir: z.string(),
    snapshot: z.object({ sequence: z.int(), digest: z.string() }),
    journalWritable: z.boolean(),
    draining: z.boolean(),
    servers: z.array(serverStatus).readonly(),
    rate: z.object({ requestsPerMinute: z.number(), burst: z.number() }),
    config: z.object({
      file: z.string().nullable().describe('The configuration file; null: none.'),
      version: z.int(),
      hash: z.string(),
      problem: z.string().nullable().describe('Why the file as it is now, or the database, is not in force: a line for each mistake.'),
    }),
    dangers: z
      .array(z.object({ key: z.string(), told: z.string() }))
      .readonly()
      .describe('Settings in force that can be used against whoever runs the gateway.'),
    deviations: z.array(z.object({ key: z.string(), reason: z.string(), until: z.string() })).readonly(),
    guards: z
      .record(z.string(), z.object({ count: z.int(), denied: z.int(), us: z.number() }))
      .describe('Where the time went since the start: microseconds summed, by guard.'),
    sessions: z.int().describe('Open now: sessions of clients, calls, streams that listen.'),
    inFlight: z.int(),
    listens: z.int(),
    keysEnding: z
      .array(z.object({ id: z.string(), name: z.string(), expiresAt: z.int() }))
      .readonly()
      .describe('Keys that end within seven days, soonest first.'),
    keysDisclosed: z
      .array(z.object({ id: z.string(), name: z.string(), disclosedAt: z.int() }))
      .readonly()
      .describe('Keys that work although they stood in a URL: replace them.'),
  })
  .meta({ id: 'Status' });

export type Status = z.infer<typeof status>;
