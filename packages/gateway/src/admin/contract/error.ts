import { z } from 'zod';

export const errorBody = z
  .object({
    error: z.object({
      reason: z.string().describe('Dotted: the first word is the room.'),
      message: z.string(),
      ref: z.string().describe('Finds the request in the log: `sallyport log show REF`.'),
      fields: z
        .array(z.object({ path: z.string(), message: z.string() }))
        .optional()
        .describe('What is wrong with the request, field by field, where it was understood that far.'),
    }),
  })
  .meta({ id: 'Error' });

export type ErrorBody = z.infer<typeof errorBody>;
