import { sha256Hex } from '../base/bytes.ts';
import type { Grant } from '../contracts/decision.ts';
import type { PolicyDocument } from './document.ts';
import { grantPolicy } from './grant-policy.ts';
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
}

export type SliceOf = (grants: readonly Grant[], own?: CedarPolicies | null) => Slice;

/** How many grants for one caller and one tool fit into a slice. They all say the same, so those beyond change no decision. */
export const roomForGrants = (policies: PolicyDocument['policies']): number => Math.max(1, SLICE_POLICIES - Object.keys(policies).length);

export function slicesOf({ policies }: PolicyDocument): SliceOf {
  const content = sha256Hex(JSON.stringify(policies));
  const shared: Slice = { content, policies };
  const room = roomForGrants(policies);
  return (grants, own = null) => {
    if (grants.length === 0 && own === null) return shared;
    const granted = Object.fromEntries(grants.slice(0, room).map((grant) => [`grant:${grant.id}`, grantPolicy(grant)]));
    const more = { ...own, ...granted };
    return { content: `${content} ${sha256Hex(JSON.stringify(more))}`, policies: { ...policies, ...more } };
  };
}
