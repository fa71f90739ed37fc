import { z } from 'zod';
import { json } from './json.ts';

export const effect = z.enum(['read', 'write', 'destructive']).meta({ id: 'Effect' });

export const digest = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 in lower case hex');

export const tool = z
  .object({
    name: z.string().describe('As the server names it.'),
    qualifiedName: z.string().describe('`server__name`, as clients see it and grants name it.'),
    effect,
    effectSet: z.boolean().describe('False: nobody set the effect, so it counts as destructive.'),
    proposedEffect: effect.nullable().describe("What the server's annotations claim: a proposal, never believed."),
    state: z.enum(['approved', 'pending', 'changed', 'quarantined']),
    gone: z.boolean().describe('True: the server does not list it now.'),
    needs: z.array(z.enum(['sampling', 'elicitation', 'roots', 'tasks'])),
    digest: z.string().describe("SHA-256, hex, of the pinned definition's RFC 8785 form."),
    problem: z.string().nullable().describe('Why it is quarantined; null where it is not.'),
    definition: json.describe('Written by the server: untrusted text.'),
    offered: z
      .object({ digest: z.string(), definition: json, problem: z.string().nullable() })
      .nullable()
      .describe('What a changed tool shows now; null where nothing differs.'),
  })
  .meta({ id: 'Tool' });

export const approval = z
  .strictObject({
    tool: z.string().min(1).max(256),
    effect: effect.optional().describe('Absent: the effect stays as it is.'),
    digest: digest
      .optional()
      .describe(
        'The digest that the approver looked at: another definition than this is not approved (rug pull between look and approval).',
      ),
  })
  .meta({ id: 'Approval' });

export type Tool = z.infer<typeof tool>;
export type Approval = z.infer<typeof approval>;
