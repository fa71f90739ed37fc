import { z } from 'zod';
import type { Deviation } from '../contracts/settings.ts';
import { type Mistake, mistake } from './mistake.ts';

/** One entry of `deviations`. */
export const deviation = z.strictObject({
  key: z.string().max(100),
  value: z.union([z.string().max(200), z.number(), z.boolean(), z.array(z.string().max(200)).max(20)]),
  reason: z.string().trim().min(10).max(500),
  until: z.iso.date(),
});

const EXPECTED = '{ key, value, reason (at least 10 characters), until (YYYY-MM-DD) }';
const MOST = 100;

export interface ReadDeviations {
  readonly deviations: readonly Deviation[];
  readonly mistakes: readonly Mistake[];
}

/** The deviations that hold today. One that is past its date is a mistake, so that it ends loudly and not in silence. */
export function readDeviations(given: unknown, now: number): ReadDeviations {
  if (given === undefined) return { deviations: [], mistakes: [] };
  if (!Array.isArray(given) || given.length > MOST) {
    return {
      deviations: [],
      mistakes: [mistake({ reason: 'config.invalid', key: 'deviations', expected: `a list of at most ${MOST}`, got: given })],
    };
  }
  const deviations: Deviation[] = [];
  const mistakes: Mistake[] = [];
  const today = new Date(now).toISOString().slice(0, 10);
  for (const [index, item] of given.entries()) {
    const parsed = deviation.safeParse(item);
    const key = `deviations.${index}`;
    if (!parsed.success)
      mistakes.push(mistake({ reason: 'config.invalid', key: `${key}${pathOf(parsed.error)}`, expected: EXPECTED, got: item }));
    else if (parsed.data.until < today) mistakes.push(expired(key, parsed.data));
    else if (deviations.some((other) => other.key === parsed.data.key))
      mistakes.push(mistake({ reason: 'config.invalid', key, expected: 'one deviation a key', got: parsed.data.key }));
    else deviations.push(Object.freeze(parsed.data));
  }
  return { deviations, mistakes };
}

const expired = (key: string, { key: of, until }: Deviation): Mistake =>
  mistake({ reason: 'config.deviation_expired', key: `${key}.until`, expected: `a date that is not past, for ${of}`, got: until });

const pathOf = (error: z.ZodError): string => {
  const path = error.issues[0]?.path ?? [];
  return path.length === 0 ? '' : `.${path.join('.')}`;
};
