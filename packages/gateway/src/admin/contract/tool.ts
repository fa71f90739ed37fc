import { z } from 'zod';

export const effect = z.enum(['read', 'write', 'destructive']);

export const tool = z.strictObject({
  /** As the server names it. */
  name: z.string(),
  /** `server__name`, as clients see it and grants name it. */
  qualifiedName: z.string(),
  effect,
  /** False: nobody set the effect, so it counts as destructive. */
  effectSet: z.boolean(),
  state: z.enum(['approved', 'pending', 'changed', 'quarantined']),
  needs: z.array(z.enum(['sampling', 'elicitation', 'roots', 'tasks'])),
  /** SHA-256, hex, of the definition's RFC 8785 form. */
  digest: z.string(),
  /** Written by the server: untrusted text. */
  description: z.string().nullable(),
});

export const approval = z.strictObject({
  tool: z.string().min(1).max(256),
  effect: effect.optional(),
  /** The digest that the approver looked at: another definition than this is not approved (rug pull between look and approval). */
  digest: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});

export type Tool = z.infer<typeof tool>;
export type Approval = z.infer<typeof approval>;
