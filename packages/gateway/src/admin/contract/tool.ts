import { z } from 'zod';

export const effect = z.enum(['read', 'write', 'destructive']);

export const digest = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 in lower case hex');

export const tool = z.object({
  /** As the server names it. */
  name: z.string(),
  /** `server__name`, as clients see it and grants name it. */
  qualifiedName: z.string(),
  effect,
  /** False: nobody set the effect, so it counts as destructive. */
  effectSet: z.boolean(),
  /** What the server's annotations claim: a proposal, never believed. */
  proposedEffect: effect.nullable(),
  state: z.enum(['approved', 'pending', 'changed', 'quarantined']),
  /** True: the server does not list it now. */
  gone: z.boolean(),
  needs: z.array(z.enum(['sampling', 'elicitation', 'roots', 'tasks'])),
  /** SHA-256, hex, of the pinned definition's RFC 8785 form. */
  digest: z.string(),
  /** Why it is quarantined; null where it is not. */
  problem: z.string().nullable(),
  /** Written by the server: untrusted text. */
  definition: z.json(),
  /** What a changed tool shows now; null where nothing differs. */
  offered: z.object({ digest: z.string(), definition: z.json(), problem: z.string().nullable() }).nullable(),
});

export const approval = z.strictObject({
  tool: z.string().min(1).max(256),
  /** Absent: the effect stays as it is. */
  effect: effect.optional(),
  /** The digest that the approver looked at: another definition than this is not approved (rug pull between look and approval). */
  digest: digest.optional(),
});

export type Tool = z.infer<typeof tool>;
export type Approval = z.infer<typeof approval>;
