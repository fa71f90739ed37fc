import { z } from 'zod';
import type { JsonObject } from '../../contracts/json.ts';
import type { RecordedCall } from '../../policy/index.ts';

const rule = z.union([
  z.object({ argument: z.string(), below: z.string() }),
  z.object({ argument: z.string(), oneOf: z.array(z.string()) }),
]);

/** What a record's payload says of a decision, as far as it is needed to make it again. */
const recorded = z.object({
  inputs: z.object({
    principal: z.object({
      tenant: z.string(),
      id: z.string(),
      roles: z.array(z.string()),
      scopes: z.array(z.object({ server: z.string(), tool: z.string(), rules: z.array(rule).exactOptional() })),
      methods: z.array(z.string()).nullable(),
      purpose: z.string().exactOptional(),
    }),
    resource: z.object({
      kind: z.enum(['tool', 'prompt', 'template', 'resource']),
      qualifiedName: z.string(),
      server: z.string(),
      name: z.string(),
      effect: z.enum(['read', 'write', 'destructive']),
      template: z.string().nullable().exactOptional(),
    }),
  }),
  arguments: z.record(z.string(), z.json()).default({}),
});

/** The call of a record, or null where it does not say enough: a refusal of before its arguments were known has none, and is decided without any. */
export function recordedCall(payload: JsonObject | null, time: number): RecordedCall | null {
  const read = recorded.safeParse(payload);
  if (!read.success) return null;
  const { inputs, arguments: given } = read.data;
  return { caller: inputs.principal, target: inputs.resource as RecordedCall['target'], arguments: given as JsonObject, time };
}
