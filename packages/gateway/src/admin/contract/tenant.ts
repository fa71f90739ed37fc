import { z } from 'zod';

export const tenantId = z
  .string()
  .max(40)
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'lower case words of letters and digits, joined by single hyphens');

export const newTenant = z.strictObject({ id: tenantId, title: z.string().trim().min(1).max(200) }).meta({ id: 'NewTenant' });

export const tenant = z
  .object({ id: tenantId, title: z.string(), createdAt: z.int(), createdBy: z.string().describe('The principal that made it.') })
  .meta({ id: 'Tenant' });
