import { z } from 'zod';
import type { JsonObject } from '../../contracts/json.ts';

const rule = z.union([
  z.strictObject({ argument: z.string(), below: z.string() }),
  z.strictObject({ argument: z.string(), oneOf: z.array(z.string()) }),
]);
const rules = z.array(rule).exactOptional();
const object = z.record(z.string(), z.json()) as unknown as z.ZodType<JsonObject>;
const list = (what: string) => z.array(z.string(what), `a list of ${what}`);

/** A table of cases: given a world, who may do what. What `sallyport policy test` reads, and what a configuration names in `policy_tests`. */
export const policyTable = z.strictObject({
  /** `.cedar` files, or folders of them, from the folder of the table; a configuration's tables are held against its own policies. */
  policies: z.union([z.string(), list('files or folders')]).exactOptional(),
  tools: z
    .record(
      z.string().regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*__.+$/, 'a tool as server__tool'),
      z.strictObject({
        effect: z.enum(['read', 'write', 'destructive'], 'read, write or destructive'),
        inputSchema: object.exactOptional(),
        dataClass: z.string().exactOptional(),
        environment: z.string().exactOptional(),
      }),
    )
    .default({}),
  principals: z.record(
    z.string(),
    z.strictObject({
      roles: list('roles'),
      scopes: z.array(z.strictObject({ server: z.string(), tool: z.string(), rules })).exactOptional(),
      methods: z.array(z.string()).exactOptional(),
      purpose: z.string().exactOptional(),
    }),
    'a block of principals by name, each with its roles',
  ),
  grants: z.array(z.strictObject({ principal: z.string(), tool: z.string(), rules })).default([]),
  cases: z
    .array(
      z.strictObject({
        principal: z.string('a principal of this table'),
        tool: z.string('SERVER__TOOL'),
        arguments: object.exactOptional(),
        at: z.iso.datetime('a time in UTC, as 2026-03-02T09:30:00Z').exactOptional(),
        expect: z.enum(['allow', 'deny', 'hidden'], 'allow, deny or hidden'),
        by: z.string().exactOptional(),
      }),
      'a list of cases',
    )
    .min(1, 'at least one case')
    .max(10_000, 'at most 10000 cases'),
});

export type TableDocument = z.output<typeof policyTable>;
