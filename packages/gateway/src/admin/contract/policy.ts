import { z } from 'zod';

export const policyId = z
  .string()
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'a policy id as `sallyport policies list` prints it')
  .max(64);

export const newPolicies = z.strictObject({
  /** One Cedar policy or several, each with its `@id`. All are taken, or none. */
  text: z.string().min(1).max(40_000),
  /** True: policies of the same ids are replaced. */
  replace: z.boolean().default(false),
});

export const policy = z
  .object({
    id: policyId,
    effect: z.enum(['permit', 'forbid']),
    text: z.string(),
    /** The file of the configuration that owns it; null: it came through this API. */
    file: z.string().nullable(),
    /** Where it begins in that file, or in what was sent. */
    line: z.int(),
    /** What a caller reads whose arguments it refuses; null: nothing of its own. */
    message: z.string().nullable(),
    /** What about it does not fit what is there now: tools that it names are missing or have changed. A tool that a policy does not fit is refused. */
    problems: z.array(z.string()),
    /** Null where a file owns it. */
    by: z.string().nullable(),
    createdAt: z.int().nullable(),
  })
  .meta({ id: 'Policy' });

export const policies = z.object({ items: z.array(policy) });

export type NewPolicies = z.infer<typeof newPolicies>;
export type Policy = z.infer<typeof policy>;
