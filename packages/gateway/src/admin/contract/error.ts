import { z } from 'zod';

export const errorBody = z.object({
  error: z.object({
    /** Dotted: the first word is the room. */
    reason: z.string(),
    message: z.string(),
    /** Finds the request in the log: `sallyport log show REF`. */
    ref: z.string(),
    /** What is wrong with the request, field by field, where it was understood that far. */
    fields: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  }),
});

export type ErrorBody = z.infer<typeof errorBody>;
