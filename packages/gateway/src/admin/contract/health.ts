import { z } from 'zod';

export const healthBody = z
  .object({
    status: z.enum(['live', 'ready', 'not ready']),
    reasons: z.array(z.string()).optional().describe('Why not, by the names of reasons.'),
  })
  .meta({ id: 'Health' });
