import { z } from 'zod';
import { argumentRules } from './argument-rules.ts';

export const role = z.enum(['reader', 'writer', 'approver', 'auditor', 'admin', 'service', 'monitor']).meta({ id: 'Role' });

/** `*` stands for all. A key without scopes reaches nothing (R2-010). */
export const scope = z
  .strictObject({
    server: z
      .string()
      .regex(/^(\*|[a-z][a-z0-9]*(-[a-z0-9]+)*)$/, 'a server id or *')
      .max(40),
    tool: z.string().min(1).max(256),
    rules: argumentRules.exactOptional(),
  })
  .meta({ id: 'Scope' });

export const keyId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'a key id as `sallyport keys list` prints it');

/** A word for what a key is issued for. */
const purpose = z
  .string()
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'small letters, digits and single hyphens')
  .max(64);

export const newKey = z
  .strictObject({
    name: z.string().trim().min(1).max(100).describe('For people; unique among the keys that work. It is sealed in the journal.'),
    roles: z
      .array(role)
      .min(1)
      .max(6)
      .optional()
      .describe('Absent together with `scopes` for an account that the configuration file names.'),
    scopes: z.array(scope).min(1).max(100).optional(),
    methods: z
      .array(z.string().min(1).max(128))
      .min(1)
      .max(100)
      .nullable()
      .default(null)
      .describe('MCP methods that the key may use; null is all that its roles permit.'),
    networks: z
      .array(z.string().min(1).max(64))
      .min(1)
      .max(100)
      .nullable()
      .default(null)
      .describe('Networks (CIDR) from which it may be used; null is anywhere.'),
    expiresInDays: z
      .int()
      .min(1)
      .max(30)
      .optional()
      .describe("The guide's rotation_policy is 30_days: no key lives longer. Absent: as long as it may; a service must say."),
    owner: z.string().trim().min(1).max(100).nullable().default(null).describe('Who answers for it; a service needs one.'),
    purpose: purpose.nullable().default(null).describe('What it is issued for: `principal.purpose` in policies. It never changes.'),
  })
  .meta({ id: 'NewKey' });

export const rotation = z
  .strictObject({
    overlapMinutes: z.int().min(0).max(4320).default(1440).describe('How long the old key still works.'),
  })
  .meta({ id: 'Rotation' });

export const key = z
  .object({
    id: keyId,
    name: z.string(),
    principal: z.string(),
    roles: z.array(role),
    scopes: z.array(z.strictObject({ server: z.string(), tool: z.string(), rules: argumentRules.exactOptional() })),
    methods: z.array(z.string()).nullable(),
    networks: z.array(z.string()).nullable(),
    owner: z.string().nullable(),
    purpose: z.string().nullable().describe('What it was issued for; null: nothing in particular.'),
    createdAt: z.int().describe('Milliseconds since the epoch, like every time here.'),
    createdBy: z.string(),
    expiresAt: z.int().describe('When it stops working: its own end, or that of its overlap.'),
    lastUsedAt: z.int().nullable().describe('Kept to the minute.'),
    state: z.enum(['live', 'replaced', 'revoked', 'expired']).describe('`replaced` works until its overlap ends.'),
    replacedBy: keyId.nullable(),
    account: z.string().nullable().describe('The account of the configuration file that it is of, which says what it may.'),
    disclosedAt: z.int().nullable().describe('When it was first seen in a URL, where others can read it: replace it.'),
  })
  .meta({ id: 'Key' });

/** The one answer that carries a key's text. It is shown once. */
export const issuedKey = key.extend({ secret: z.string() }).meta({ id: 'IssuedKey' });

export type NewKey = z.infer<typeof newKey>;
export type Rotation = z.infer<typeof rotation>;
export type Key = z.infer<typeof key>;
export type IssuedKey = z.infer<typeof issuedKey>;
