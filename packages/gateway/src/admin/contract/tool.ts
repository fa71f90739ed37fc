import { z } from 'zod';
import { json } from './json.ts';

export const effect = z.enum(['read', 'write', 'destructive']).meta({ id: 'Effect' });

export const digest = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 in lower case hex');

export const pinKind = z.enum(['tool', 'prompt', 'template']);

/** A pin: of a tool, a prompt or a resource template. */
export const tool = z
  .object({
    kind: pinKind,
    name: z.string().describe('As the server names it; of a template its uriTemplate.'),
    qualifiedName: z.string().describe('As clients see it: `server__name`, which grants name, or `server+scheme:rest` of a template.'),
    effect,
    effectSet: z.boolean().describe('False: nobody set the effect, so it counts as destructive.'),
    proposedEffect: effect
      .nullable()
      .describe("A proposal: what a tool's annotations claim, never believed; read of prompts and templates."),
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
    kind: pinKind.default('tool'),
    tool: z.string().min(1).max(2048).describe('The name of the tool or prompt, or the uriTemplate of the template.'),
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
