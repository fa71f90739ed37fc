import { z } from 'zod';

export const role = z.enum(['reader', 'writer', 'approver', 'auditor', 'admin', 'service']);

/** `*` stands for all. A key without scopes reaches nothing (R2-010). */
export const scope = z.strictObject({
  server: z
    .string()
    .regex(/^(\*|[a-z][a-z0-9]*(-[a-z0-9]+)*)$/, 'a server id or *')
    .max(40),
  tool: z.string().min(1).max(256),
});

export const keyId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'a key id as `sallyport keys list` prints it');

export const newKey = z.strictObject({
  /** For people; unique among the keys that work. It is sealed in the journal. */
  name: z.string().trim().min(1).max(100),
  roles: z.array(role).min(1).max(6),
  scopes: z.array(scope).min(1).max(100),
  /** MCP methods that the key may use; null is all that its roles permit. */
  methods: z.array(z.string().min(1).max(128)).min(1).max(100).nullable().default(null),
  /** Networks (CIDR) from which it may be used; null is anywhere. */
  networks: z.array(z.string().min(1).max(64)).min(1).max(100).nullable().default(null),
  /** The guide's rotation_policy is 30_days: no key lives longer. Absent: as long as it may; a service must say. */
  expiresInDays: z.int().min(1).max(30).optional(),
  /** Who answers for it; a service needs one. */
  owner: z.string().trim().min(1).max(100).nullable().default(null),
});

export const rotation = z.strictObject({
  /** How long the old key still works. */
  overlapMinutes: z.int().min(0).max(4320).default(1440),
});

export const key = z.object({
  id: keyId,
  name: z.string(),
  principal: z.string(),
  roles: z.array(role),
  scopes: z.array(z.strictObject({ server: z.string(), tool: z.string() })),
  methods: z.array(z.string()).nullable(),
  networks: z.array(z.string()).nullable(),
  owner: z.string().nullable(),
  /** Milliseconds since the epoch, like every time here. */
  createdAt: z.int(),
  createdBy: z.string(),
  /** When it stops working: its own end, or that of its overlap. */
  expiresAt: z.int(),
  /** Kept to the minute. */
  lastUsedAt: z.int().nullable(),
  /** `replaced` works until its overlap ends. */
  state: z.enum(['live', 'replaced', 'revoked', 'expired']),
  replacedBy: keyId.nullable(),
  /** When it was first seen in a URL, where others can read it: replace it. */
  disclosedAt: z.int().nullable(),
});

/** The one answer that carries a key's text. It is shown once. */
export const issuedKey = key.extend({ secret: z.string() });

export type NewKey = z.infer<typeof newKey>;
export type Rotation = z.infer<typeof rotation>;
export type Key = z.infer<typeof key>;
export type IssuedKey = z.infer<typeof issuedKey>;
