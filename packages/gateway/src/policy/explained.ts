import type { Decision } from '../contracts/decision.ts';
import type { Decider } from './decide.ts';
import type { DecisionInputs } from './inputs.ts';
import type { OwnPolicies } from './own/ask-own.ts';
import { placeText } from './own/own-policy.ts';

type Told = NonNullable<Decision['told']>;

/** A decision with where its policies stand and, for a refusal of these arguments, what the caller may read of why. */
export function explained(own: OwnPolicies, decider: Decider, inputs: DecisionInputs, decision: Decision): Decision {
  const places = placesOf(own, decision.policies);
  const placed = places.length === 0 ? decision : { ...decision, places };
  if (decision.effect !== 'deny') return placed;
  const { arguments: _known, ...unknown } = inputs;
  const otherwise = decider(unknown);
  // With no arguments at all would it be permitted: then these do not decide, and nobody is told more.
  if (!otherwise.ok || otherwise.value.effect === 'deny') return placed;
  return { ...placed, reason: 'policy.arguments_denied', told: toldOf(own, decision.policies, otherwise.value.policies) };
}

export function placesOf({ policies }: OwnPolicies, ids: readonly string[]): readonly string[] {
  return policies.flatMap(({ id, place }) => (ids.includes(id) ? [`${id} (${placeText(place)})`] : []));
}

/** A forbid that met these arguments comes first, then what would have permitted others. Only what its author wrote for callers is told. */
function toldOf({ policies }: OwnPolicies, decided: readonly string[], otherwise: readonly string[]): Told {
  const spoken = policies.filter(({ message }) => message !== null);
  const forbid = spoken.find(({ id }) => decided.includes(id));
  if (forbid !== undefined) return { policy: forbid.id, message: forbid.message };
  if (decided.length > 0) return { policy: null, message: null };
  const permit = spoken.find(({ id, reads }) => otherwise.includes(id) && reads.length > 0);
  return permit === undefined ? { policy: null, message: null } : { policy: permit.id, message: permit.message };
}
