import type { Decision } from '../../contracts/decision.ts';
import type { Deny } from '../../contracts/verdict.ts';
import { decidedWith } from '../decided.ts';
import type { Call } from '../exchange.ts';
import { type ArgumentScreen, denied } from '../guard.ts';

const PASS = { verdict: 'pass', fact: null } as const;

/** May this principal call this tool with these arguments? Asked where a policy, a grant or a scope depends on them, once they fit the schema. */
export function authorizeArguments(): ArgumentScreen {
  return { name: 'authorize-arguments', check: (call) => refuseArguments(call) ?? PASS };
}

/** Null where the call may go on as it is. */
export function refuseArguments(call: Call): Deny | null {
  const decided = decidedWith(call);
  if (!decided.ok)
    return decided.reason === 'policy.argument_not_comparable' ? { ...denied(decided), shown: decided.detail ?? '' } : denied(decided);
  if (decided.value === null || decided.value.decision.effect === 'allow') return null;
  const { decision, inputs } = decided.value;
  return {
    verdict: 'deny',
    reason: decision.reason === 'policy.arguments_denied' ? 'policy.arguments_denied' : 'policy.denied',
    detail: decision.policies.join(', ') || 'nothing permits these arguments',
    shown: shownOf(decision),
    decided: { action: 'call', target: call.target, decision, inputs },
  };
}

function shownOf({ told }: Decision): string {
  if (told?.policy == null) return told?.message ?? 'no policy permits these arguments.';
  return `"${told.policy}": ${told.message ?? 'it does not permit these arguments.'}`;
}
