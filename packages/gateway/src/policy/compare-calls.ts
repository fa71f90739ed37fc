import type { KeyId, PrincipalId, TenantId } from '../base/ids.ts';
import type { DecisionInputs, PolicyResource, PolicySet } from '../contracts/decision.ts';
import type { JsonObject } from '../contracts/json.ts';
import type { Principal } from '../contracts/principal.ts';
import { type Expected, outcomeOf } from './simulate.ts';

/** A call as the journal has it: who it was, with the roles and scopes of that day, what was called, and with what. */
export interface RecordedCall {
  readonly caller: DecisionInputs['principal'];
  readonly target: PolicyResource;
  readonly arguments: JsonObject;
  /** When it was made, in milliseconds of wall time. */
  readonly time: number;
}

export interface Verdict {
  readonly outcome: Expected;
  /** Ids, sorted. */
  readonly policies: readonly string[];
}

/** What two sets of policies say of one call. */
export interface Compared {
  readonly now: Verdict;
  readonly would: Verdict;
  readonly changes: boolean;
}

/** Decides a recorded call by the policies in force and by those that are proposed. `target` of each: as it is there, or null where it is not. */
export function compareCall(
  call: RecordedCall,
  inForce: { readonly set: PolicySet; readonly target: PolicyResource | null },
  proposed: { readonly set: PolicySet; readonly target: PolicyResource | null },
): Compared {
  const caller = principalOf(call.caller);
  const [now, would] = [inForce, proposed].map(({ set, target }) => verdictOf(set.at(call.time), caller, target, call.arguments)) as [
    Verdict,
    Verdict,
  ];
  return { now, would, changes: now.outcome !== would.outcome };
}

function verdictOf(set: PolicySet, caller: Principal, target: PolicyResource | null, given: JsonObject): Verdict {
  if (target === null) return { outcome: 'hidden', policies: [] };
  const { got, by } = outcomeOf(set, caller, target, given);
  return { outcome: got, policies: by };
}

const principalOf = ({ tenant, id, roles, scopes, methods, purpose }: DecisionInputs['principal']): Principal => ({
  tenant: tenant as TenantId,
  id: id as PrincipalId,
  name: id,
  roles: roles as Principal['roles'],
  scopes,
  credential: { kind: 'api_key', id: 'replayed' as KeyId, expiresAt: Number.MAX_SAFE_INTEGER, methods, ...purposeIn(purpose) },
});

const purposeIn = (purpose: string | undefined): { readonly purpose?: string } => (purpose === undefined ? {} : { purpose });
