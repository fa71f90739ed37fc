import { areRulesWithin } from '../base/argument-rules.ts';
import type { Scope } from '../contracts/principal.ts';
import type { ApiKey } from './api-key.ts';
import { isNetworkWithin } from './network.ts';

export type Reach = Pick<ApiKey, 'scopes' | 'methods' | 'cidrs' | 'purpose'>;

/** Whether a key with reach `inner` can do nothing that one with reach `outer` cannot (R2-010: a key cannot mint a broader key). */
export function isWithinReach(inner: Reach, outer: Reach): boolean {
  return (
    // What policies permit for one purpose is nothing that a key for another may hand out.
    (outer.purpose === null || inner.purpose === outer.purpose) &&
    inner.scopes.every((scope) => isScopeWithin(scope, outer.scopes)) &&
    isSubset(inner.methods, outer.methods, (method, wider) => method === wider) &&
    isSubset(inner.cidrs, outer.cidrs, isNetworkWithin)
  );
}

/** Whether one of the scopes covers all of `inner`, whose own `*` means every server or every tool. No scope covers nothing. */
export const isScopeWithin = (inner: Scope, scopes: readonly Scope[]): boolean =>
  scopes.some((outer) => covers(outer.server, inner.server) && covers(outer.tool, inner.tool) && areRulesWithin(inner.rules, outer.rules));

/** `*` is the only pattern, and only as a whole word. */
const covers = (outer: string, inner: string): boolean => outer === '*' || outer === inner;

function isSubset(
  inner: readonly string[] | null,
  outer: readonly string[] | null,
  within: (inner: string, outer: string) => boolean,
): boolean {
  if (outer === null) return true;
  return inner?.every((item) => outer.some((wider) => within(item, wider))) ?? false;
}
