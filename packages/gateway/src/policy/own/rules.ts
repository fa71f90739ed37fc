import type cedar from '@cedar-policy/cedar-wasm/nodejs';
import type { PolicyResource } from '../../contracts/decision.ts';
import type { DecisionInputs } from '../inputs.ts';
import { callerStanding, standingOf } from '../standing.ts';
import { mayConcernCaller, mayConcernTarget } from './heads.ts';
import type { ReadPolicy } from './own-policy.ts';
import { withoutArguments } from './without-arguments.ts';

/** The operator's policies that may concern one caller and one target. */
export interface Concerning {
  readonly policies: readonly Rule[];
  /** Whether any of them reads arguments. */
  readonly conditional: boolean;
}

export interface Rule {
  readonly policy: ReadPolicy;
  /** As it stands while the arguments are not known. */
  readonly loose: cedar.PolicyJson;
}

export const NONE: Concerning = { policies: [], conditional: false };

/** Finds them. Remembered by target: a caller is asked about the same tools again and again. */
export function openRules(policies: readonly ReadPolicy[]): (inputs: DecisionInputs) => Concerning {
  if (policies.length === 0) return () => NONE;
  const rules = policies.map((policy): Rule => ({ policy, loose: withoutArguments(policy.tree) }));
  const byTarget = new Map<string, readonly Rule[]>();
  const onTarget = (resource: PolicyResource): readonly Rule[] => {
    const key = `${resource.kind} ${resource.server} ${resource.qualifiedName} ${resource.template ?? ''}`;
    const known = byTarget.get(key);
    if (known !== undefined) return known;
    const standing = standingOf(resource);
    const found = rules.filter(({ policy }) => mayConcernTarget(policy, standing));
    // Tools are bounded; resources are named by their callers.
    if (byTarget.size >= MOST_TARGETS) byTarget.clear();
    byTarget.set(key, found);
    return found;
  };
  return ({ principal, resource }) => {
    const candidates = onTarget(resource);
    if (candidates.length === 0) return NONE;
    const caller = callerStanding(principal);
    const found = candidates.filter(({ policy }) => mayConcernCaller(policy, caller));
    return found.length === 0 ? NONE : { policies: found, conditional: found.some(({ policy }) => policy.reads.length > 0) };
  };
}

const MOST_TARGETS = 10_000;
