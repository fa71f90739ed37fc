import { z } from 'zod';

export const exchangeRef = z
  .string()
  .regex(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/, 'a ref as it is printed in refusals and by `sallyport log tail`');

export const recordKind = z.enum(['intent', 'outcome', 'answer', 'refusal', 'authentication', 'administration', 'system']);
export const recordStatus = z.enum(['ok', 'error', 'refused', 'unknown']);

const count = z.coerce.number().int();

export const logQuery = z.strictObject({
  kind: recordKind.optional(),
  status: recordStatus.optional(),
  principal: z.string().min(1).max(64).optional(),
  server: z.string().min(1).max(40).optional(),
  /** As its server names it. */
  tool: z.string().min(1).max(256).optional(),
  method: z.string().min(1).max(128).optional(),
  /** A dotted reason, or the first words of one. */
  reason: z.string().min(1).max(64).optional(),
  /** Milliseconds since the epoch; both ends are included. */
  since: count.min(0).optional(),
  until: count.min(0).optional(),
  limit: count.min(1).max(500).default(100),
  /** `next` of the page before. */
  cursor: count.min(0).optional(),
  /** `true` opens the sealed payloads too. */
  payloads: z.enum(['true', 'false']).default('false'),
});

export const followQuery = z.strictObject({
  /** The index of the first record wanted; absent: from now on. */
  from: count.min(0).optional(),
  payloads: z.enum(['true', 'false']).default('false'),
});

/** The public part is passed on as it is stored: its shape is the ledger's, and its leaf depends on every byte. */
export const storedRecord = z.object({
  index: z.int(),
  leaf: z.string(),
  record: z.looseObject({ v: z.literal(1), kind: recordKind, id: z.string(), time: z.int() }),
  /** Null unless it was asked for, and where there is none. */
  payload: z.json(),
  /** Why the payload could not be opened, where it could not. */
  problem: z.string().optional(),
});

export const verification = z.object({
  log: z.string(),
  segments: z.int(),
  batches: z.int(),
  records: z.int(),
  bytes: z.int(),
  /** Intents that have no outcome yet: calls under way. */
  openIntents: z.int(),
  /** The first place where the log is not what was written, as a sentence; null where all of it is. */
  damage: z.string().nullable(),
});

export type LogQuery = z.infer<typeof logQuery>;
export type FollowQuery = z.infer<typeof followQuery>;
export type Verification = z.infer<typeof verification>;
export type StoredRecord = z.infer<typeof storedRecord>;
