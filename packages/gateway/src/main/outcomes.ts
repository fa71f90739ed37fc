import type { Meter } from '../telemetry/index.ts';

/** What became of calls, counted since the start. */
export interface Outcomes {
  readonly calls: number;
  /** Servers that failed or answered with an error, and faults of our own. */
  readonly failed: number;
  /** Refused by policy, or not there for the caller. */
  readonly denied: number;
}

const FAULTS = /^(gateway\.(upstream_|circuit_open$|fault$)|policy\.fault$|registry\.(result_invalid|validation_too_slow)$)/;
const DENIALS =
  /^(policy\.(denied|arguments_denied|out_of_scope|method_out_of_scope)|gateway\.(hidden|unknown|drifted)_(tool|prompt|template|resource|server))$/;

/** Counted of what was recorded, as the metrics are. */
export function outcomesOf({ servers, refusals }: Pick<Meter, 'servers' | 'refusals'>): Outcomes {
  const answered = { ok: 0, error: 0 };
  for (const [, { byStatus }] of servers.entries())
    for (const [status, { n }] of byStatus.entries()) if (status === 'ok' || status === 'error') answered[status] += n;
  const refused = { faults: 0, denials: 0 };
  for (const [reason, { n }] of refusals.entries()) {
    if (FAULTS.test(reason)) refused.faults += n;
    else if (DENIALS.test(reason)) refused.denials += n;
  }
  const failed = answered.error + refused.faults;
  return { calls: answered.ok + failed + refused.denials, failed, denied: refused.denials };
}

export const between = (before: Outcomes, after: Outcomes): Outcomes => ({
  calls: after.calls - before.calls,
  failed: after.failed - before.failed,
  denied: after.denied - before.denied,
});
