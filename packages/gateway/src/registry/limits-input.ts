import { z } from 'zod';
import { LIMITS } from '../base/limits.ts';
import type { CallLimits } from '../contracts/registration.ts';

const figure = (most: number) =>
  z
    .int(`must be a whole number from 1 to ${most}`)
    .min(1, `must be a whole number from 1 to ${most}`)
    .max(most, `must be a whole number from 1 to ${most}`)
    .nullable()
    .default(null);

const limit = {
  callsPerMinute: figure(LIMITS.callsPerMinute),
  inFlight: figure(LIMITS.inFlightOfServer),
  inFlightPerPrincipal: figure(LIMITS.inFlightPerServer),
};

/** What a server, and each tool of it by name, is asked at most. */
export const callLimits = z.strictObject({
  ...limit,
  tools: z
    .record(z.string().max(128), z.strictObject(limit))
    .refine((all) => Object.keys(all).length <= LIMITS.toolsPerServer, `must be at most ${LIMITS.toolsPerServer} tools`)
    .default({}),
});

/** The tools that limits name: the server has to offer them, or a misspelt name would limit nothing. */
export const limitedTools = (limits: CallLimits | null) =>
  Object.keys(limits?.tools ?? {}).map((name) => ({ in: 'limits.tools', kind: 'tool', name }) as const);
