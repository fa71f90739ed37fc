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
  /** For people. It is sealed in the journal. */
  name: z.string().trim().min(1).max(128),
  /** An existing principal's id; absent makes a new principal. */
  principal: z.string().min(1).max(64).optional(),
  roles: z.array(role).min(1).max(6),
  scopes: z.array(scope).max(256),
  /** MCP methods that the key may use; null is all that its roles permit. */
  methods: z.array(z.string().min(1).max(128)).max(64).nullable().default(null),
  /** Addresses (CIDR) from which it may be used; empty is any. */
  networks: z.array(z.string().min(1).max(64)).max(64).default([]),
  /** The guide's rotation_policy is 30_days: no key lives longer. */
  expiresInDays: z.int().min(1).max(30).default(30),
  /** Who answers for it; a service key needs one. */
  owner: z.string().trim().min(1).max(128).nullable().default(null),
});

export const rotation = z.strictObject({
  /** How long the old key still works. */
  overlapMinutes: z.int().min(0).max(1440).default(60),
});

export const key = z.strictObject({
  id: keyId,
  name: z.string(),
  principal: z.string(),
  roles: z.array(role),
  scopes: z.array(scope),
  methods: z.array(z.string()).nullable(),
  networks: z.array(z.string()),
  /** Milliseconds since the epoch, like every time here. */
  createdAt: z.int(),
  expiresAt: z.int(),
  lastUsedAt: z.int().nullable(),
  state: z.enum(['active', 'expired', 'revoked']),
});

/** The one answer that carries a key's text. It is shown once. */
export const issuedKey = key.extend({ secret: z.string() });

export type NewKey = z.infer<typeof newKey>;
export type Rotation = z.infer<typeof rotation>;
export type Key = z.infer<typeof key>;
export type IssuedKey = z.infer<typeof issuedKey>;
