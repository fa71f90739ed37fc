import { z } from 'zod';
import { LIMITS } from '../base/limits.ts';
import type { ServerLabels } from '../contracts/registration.ts';
import type { PinKind } from '../contracts/target.ts';

const LABEL = 'must be small letters and digits, with single hyphens, at most 40';
const label = z
  .string(LABEL)
  .max(40, LABEL)
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, LABEL)
  .nullable()
  .default(null);

const labels = { dataClass: label, environment: label };
const named = (most: number) =>
  z
    .record(z.string().max(most), z.strictObject(labels))
    .refine((all) => Object.keys(all).length <= LIMITS.toolsPerServer, `must be at most ${LIMITS.toolsPerServer}`)
    .default({});

/** What an operator says of a server's data and place, and of single things of it by name. */
export const serverLabels = z.strictObject({ ...labels, tools: named(128), prompts: named(128), templates: named(2048) });

const KINDS = { tools: 'tool', prompts: 'prompt', templates: 'template' } as const satisfies Record<string, PinKind>;

/** What labels name: the server has to offer it, or a misspelt name would leave something unlabelled. */
export const labelledPins = (all: ServerLabels | null) =>
  Object.entries(KINDS).flatMap(([list, kind]) =>
    Object.keys(all?.[list as keyof typeof KINDS] ?? {}).map((name) => ({ in: `labels.${list}`, kind, name }) as const),
  );
