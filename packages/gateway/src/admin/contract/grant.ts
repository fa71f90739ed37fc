import { z } from 'zod';
import { argumentRules } from './argument-rules.ts';

export const grantId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'a grant id as `sallyport grants list` prints it');

export const newGrant = z
  .strictObject({
    principal: z.string().min(1).max(64).describe("A principal's id as `sallyport keys list` prints it."),
    tool: z
      .string()
      .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*__.+$/, 'a tool as server__tool')
      .max(300)
      .describe('`server__tool`. There is no wildcard: a grant names one tool.'),
    rules: argumentRules.exactOptional(),
  })
  .meta({ id: 'NewGrant' });

export const grant = z
  .object({
    id: grantId,
    principal: z.string(),
    tool: z.string(),
    rules: argumentRules.nullable(),
    by: z.string().describe('Who gave it.'),
    createdAt: z.int(),
    lastUsedAt: z.int().nullable().describe('When it last permitted a call, to the hour; null: never.'),
  })
  .meta({ id: 'Grant' });

export const unusedGrant = grant
  .extend({ unusedDays: z.int().describe('Days since its last use, or since it was given where it never was used.') })
  .meta({ id: 'UnusedGrant' });

export const unusedQuery = z.strictObject({ days: z.coerce.number().int().min(1).max(3650).default(30) });

export type NewGrant = z.infer<typeof newGrant>;
export type Grant = z.infer<typeof grant>;
