import { z } from 'zod';
import { json } from './json.ts';

/** Who put a configuration in force, when and by what. */
export const versionFacts = z.object({
  sequence: z.int(),
  hash: z.string(),
  parent: z.string().nullable(),
  author: z.string(),
  cause: z.string(),
  createdAt: z.int(),
});

const change = z.object({ key: z.string(), before: json, after: json });

export const version = versionFacts.extend({ changes: z.array(change), content: json });

export const versionQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  /** `next` of the page before. */
  cursor: z.coerce.number().int().min(0).default(0),
});

export const versionName = z.string().regex(/^([1-9]\d{0,8}|[0-9a-f]{64})$/, 'the number of a version, or its hash');

export const diffQuery = z.strictObject({ from: versionName, to: versionName });
export const difference = z.object({ from: versionFacts, to: versionFacts, changes: z.array(change) });

export const reverting = z.strictObject({ version: versionName });
export const inForce = z.object({ version: versionFacts, changes: z.array(change) });
export const chain = z.object({ versions: z.int() });
