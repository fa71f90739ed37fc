import { z } from 'zod';
import { recordedTime } from './record.ts';

/** At most this many calls are decided again for one answer, and this many records looked at. */
export const REPLAY_LIMITS = { calls: 10_000, records: 100_000, shown: 500 } as const;

export const replayRequest = z
  .strictObject({
    policies: z
      .string()
      .min(1)
      .max(500_000)
      .optional()
      .describe('Cedar policies that are proposed: beside those in force, in place of those with the same ids.'),
    instead: z.boolean().default(false).describe('True: the proposed policies stand in place of all own ones.'),
    config: z
      .string()
      .min(1)
      .max(500_000)
      .optional()
      .describe('The text of a sallyport.yaml that is proposed: its grants, its effects, and the policies of its folders.'),
    since: recordedTime.optional().describe('Milliseconds since the epoch; both ends are included. Absent: seven days ago.'),
    until: recordedTime.optional(),
    limit: z.int().min(1).max(REPLAY_LIMITS.calls).default(1000).describe('Calls that are decided again at most, the newest first.'),
    cursor: recordedTime.optional().describe('`next` of the answer before.'),
  })
  .refine(({ policies, config }) => (policies === undefined) !== (config === undefined), 'either policies or config')
  .meta({ id: 'ReplayRequest' });

const outcome = z.enum(['allow', 'deny', 'hidden']);
const verdict = z.object({
  outcome,
  policies: z
    .array(z.object({ id: z.string(), place: z.string().nullable().describe('Where it stands; null: it ships.') }))
    .describe('Those that decided.'),
});

export const replayReport = z
  .object({
    replayed: z.int().describe('Calls that were decided again.'),
    changed: z.int().describe('Those of them that would be decided otherwise than the policies in force decide them now.'),
    skipped: z.int().describe('Records of calls that cannot be decided again: their tool is gone, or their arguments were not kept.'),
    changes: z.array(
      z.object({
        ref: z.string(),
        time: z.int(),
        principal: z.string(),
        name: z.string().nullable(),
        target: z.string(),
        recorded: z.string().describe('What was decided then.'),
        now: verdict,
        would: verdict,
      }),
    ),
    next: z.string().nullable().describe('Goes into `cursor` for what is older; null where all of the time was looked at.'),
  })
  .meta({ id: 'ReplayReport' });

export type ReplayRequest = z.output<typeof replayRequest>;
export type ReplayReport = z.infer<typeof replayReport>;
