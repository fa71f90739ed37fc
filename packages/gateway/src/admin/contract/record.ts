import { z } from 'zod';
import { json } from './json.ts';

export const exchangeRef = z
  .string()
  .regex(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/, 'a ref as it is printed in refusals and by `sallyport log tail`');

export const recordKind = z.enum(['intent', 'outcome', 'answer', 'refusal', 'authentication', 'administration', 'system']);
export const recordStatus = z.enum(['ok', 'error', 'refused', 'unknown']);

const count = z.coerce.number().int();

/** Milliseconds since the epoch, or an index of the log. */
export const recordedTime = z.int().min(0);

const valueDigest = z.string().regex(/^[0-9a-f]{64}$/, 'an HMAC-SHA-256 in lower case hex');

export const digestRequest = z.strictObject({
  value: json.describe('Any JSON value: a text, a number, a list, a whole object of arguments. It is not recorded.'),
});

export const digestAnswer = z.object({ digest: valueDigest }).meta({ id: 'ValueDigest' });

export const logQuery = z.strictObject({
  kind: recordKind.optional(),
  status: recordStatus.optional(),
  principal: z.string().min(1).max(64).optional(),
  server: z.string().min(1).max(40).optional(),
  tool: z.string().min(1).max(256).optional().describe('As its server names it.'),
  method: z.string().min(1).max(128).optional(),
  reason: z.string().min(1).max(64).optional().describe('A dotted reason, or the first words of one.'),
  value: valueDigest.optional().describe('A digest as `POST /api/v1/digests` gives it: records whose arguments hold the value.'),
  since: count.min(0).optional().describe('Milliseconds since the epoch; both ends are included.'),
  until: count.min(0).optional(),
  limit: count.min(1).max(500).default(100),
  cursor: count.min(0).optional().describe('`next` of the page before.'),
  payloads: z.enum(['true', 'false']).default('false').describe('`true` opens the sealed payloads too.'),
});

export const followQuery = z.strictObject({
  from: count.min(0).optional().describe('The index of the first record wanted; absent: from now on.'),
  payloads: z.enum(['true', 'false']).default('false'),
});

/** The public part is passed on as it is stored: its shape is the ledger's, and its leaf depends on every byte. */
export const storedRecord = z
  .object({
    index: z.int(),
    leaf: z.string(),
    record: z.looseObject({ v: z.literal(1), kind: recordKind, id: z.string(), time: z.int() }),
    payload: json.describe('Null unless it was asked for, and where there is none.'),
    problem: z.string().optional().describe('Why the payload could not be opened, where it could not.'),
  })
  .meta({ id: 'StoredRecord' });

const verified = z.object({
  log: z.string(),
  segments: z.int(),
  batches: z.int(),
  records: z.int(),
  bytes: z.int(),
  openIntents: z.int().describe('Intents that have no outcome yet: calls under way.'),
  damage: z.string().nullable().describe('The first place where the log is not what was written, as a sentence; null where all of it is.'),
});

export const verification = verified
  .extend({
    tenants: z
      .array(verified)
      .describe('For the operator of the gateway: the same of the log of every other tenant. Empty for everybody else.'),
  })
  .meta({ id: 'Verification' });

export type LogQuery = z.infer<typeof logQuery>;
export type FollowQuery = z.infer<typeof followQuery>;
export type Verification = z.infer<typeof verification>;
export type StoredRecord = z.infer<typeof storedRecord>;
