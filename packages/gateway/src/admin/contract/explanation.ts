import { z } from 'zod';

export const decisionQuery = z.strictObject({
  principal: z.string().min(1).max(64),
  tool: z.string().min(1).max(300),
  arguments: z.string().max(1500).default('{}'),
  at: z.iso.datetime().optional().describe('When, in UTC, for policies that read the time; absent: now.'),
});

export const explanation = z
  .object({
    principal: z.string(),
    tool: z.string(),
    /** `hidden`: it answers like a tool that does not exist. `invalid`: the arguments do not fit the tool, whatever policies say. */
    outcome: z.enum(['allow', 'deny', 'hidden', 'invalid']),
    /** Policies that decided, with where those of the operator stand. */
    policies: z.array(z.object({ id: z.string(), place: z.string().nullable() })),
    /** What the caller reads beside the refusal; null: nothing of its own. */
    message: z.string().nullable(),
    /** One sentence each, the nearest first: why it is so, and what would permit it. */
    because: z.array(z.string()),
  })
  .meta({ id: 'Explanation' });

export type Explanation = z.infer<typeof explanation>;
