import type { JsonObject } from '../contracts/json.ts';

const MINUTE_MS = 60_000;
const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const;

/** The minute of a wall time in milliseconds, in UTC: `2026-03-02T09:30Z`. Decisions that read the time are made for a whole minute and hold for it. */
export const minuteOf = (time: number): string => `${new Date(Math.floor(time / MINUTE_MS) * MINUTE_MS).toISOString().slice(0, 16)}Z`;

/** A minute that stands for any: for questions whose policies do not read the time. */
const ANY = minuteOf(0);

/** What policies see of a minute. A text that is none throws, which is a refusal. */
export function timeFacts(minute: string = ANY): JsonObject {
  const date = new Date(minute);
  return {
    now: { __extn: { fn: 'datetime', arg: date.toISOString() } },
    weekday: DAYS[date.getUTCDay()] ?? '',
    minuteOfDay: date.getUTCHours() * 60 + date.getUTCMinutes(),
  };
}

/** Whether the conditions of a policy may read the time: they hold its name. */
export const readsTime = (conditions: unknown): boolean => JSON.stringify(conditions).includes('"time"');
