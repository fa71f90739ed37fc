import { sha256Hex } from '../base/bytes.ts';
import type { Grant } from '../contracts/decision.ts';
import type { PolicyDocument } from './document.ts';
import { type FactsRead, factsRead } from './facts-read.ts';
import { grantPolicy } from './grant-policy.ts';
import type { OwnSlice } from './own/rules.ts';
import type { CedarPolicies } from './preparsed.ts';

/**
 * A slice holds the shipped policies and the grants that name exactly this caller and this tool: ten at most, for speed (DESIGN section 8). The
 * operator's own policies that may concern the two come on top: how many is the operator's choice.
 * All of them speak of both actions, so discover and call share one.
 */
export const SLICE_POLICIES = 10;

export interface Slice {
  /** Equal content, equal text. */
  readonly content: string;
  readonly policies: CedarPolicies;
  readonly facts: FactsRead;
}

export type SliceOf = (grants: readonly Grant[], own?: OwnSlice | null) => Slice;

/** How many grants for one caller and one tool fit into a slice. They all say the same, so those beyond change no decision. */
export const roomForGrants = (policies: PolicyDocument['policies']): number => Math.max(1, SLICE_POLICIES - Object.keys(policies).length);

export function slicesOf({ policies }: PolicyDocument): SliceOf {
  const content = sha256Hex(JSON.stringify(policies));
  const shared: Slice = { content, policies, facts: factsRead(Object.values(policies)) };
  const room = roomForGrants(policies);
  const beside = new WeakMap<OwnSlice, Slice>();
  const withOwn = (own: OwnSlice | null): Slice => {
    if (own === null) return shared;
    const known = beside.get(own);
    if (known !== undefined) return known;
    const made = {
      content: `${content} ${own.content}`,
      policies: { ...policies, ...own.policies },
      facts: new Set([...shared.facts, ...own.facts]),
    };
    beside.set(own, made);
    return made;
  };
  return (grants, own = null) => {
    const slice = withOwn(own);
    if (grants.length === 0) return slice;
    // They have no conditions, and so read nothing.
    const granted = Object.fromEntries(grants.slice(0, room).map((grant) => [`grant:${grant.id}`, grantPolicy(grant)]));
    return {
      content: `${slice.content} ${sha256Hex(JSON.stringify(granted))}`,
      policies: { ...slice.policies, ...granted },
      facts: slice.facts,
    };
  };
}
