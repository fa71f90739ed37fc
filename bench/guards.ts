import { request } from 'undici';
import type { Target } from './target.ts';

/** Time spent in one guard since the gateway started, as it reports it itself. */
export interface GuardTime {
  readonly count: number;
  readonly us: number;
}

export type GuardTimes = Readonly<Record<string, GuardTime>>;

interface Status {
  readonly guards?: GuardTimes;
}

/** Reads `guards` of `GET /api/v1/status`; null when the target has no admin API or does not report them. */
export const readGuards = async (target: Target): Promise<GuardTimes | null> => {
  if (target.admin === null) return null;
  const headers = target.adminKey === null ? {} : { authorization: `Bearer ${target.adminKey}` };
  try {
    const { statusCode, body } = await request(new URL('/api/v1/status', target.admin), {
      headers,
      headersTimeout: 5000,
      bodyTimeout: 5000,
    });
    const status = (await body.json()) as Status;
    return statusCode === 200 ? (status.guards ?? null) : null;
  } catch {
    return null;
  }
};

/** What was added between two readings. */
export const guardsBetween = (before: GuardTimes | null, after: GuardTimes | null): GuardTimes | null => {
  if (before === null || after === null) return null;
  return Object.fromEntries(
    Object.entries(after).map(([name, { count, us }]) => [
      name,
      { count: count - (before[name]?.count ?? 0), us: us - (before[name]?.us ?? 0) },
    ]),
  );
};
