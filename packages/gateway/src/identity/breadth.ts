import type { Scope } from '../contracts/principal.ts';
import type { ApiKey } from './api-key.ts';
import { isNetworkWithin } from './network.ts';

export type Reach = Pick<ApiKey, 'scopes' | 'methods' | 'cidrs'>;

/** Whether a key with reach `inner` can do nothing that one with reach `outer` cannot (R2-010: a key cannot mint a broader key). */
export function isWithinReach(inner: Reach, outer: Reach): boolean {
  return (
    inner.scopes.every((scope) => outer.scopes.some((wider) => coversScope(wider, scope))) &&
    isSubset(inner.methods, outer.methods, (method, wider) => method === wider) &&
    isSubset(inner.cidrs, outer.cidrs, isNetworkWithin)
  );
}

/** `*` is the only pattern, and only as a whole word. */
const covers = (outer: string, inner: string): boolean => outer === '*' || outer === inner;
const coversScope = (outer: Scope, inner: Scope): boolean => covers(outer.server, inner.server) && covers(outer.tool, inner.tool);

function isSubset(
  inner: readonly string[] | null,
  outer: readonly string[] | null,
  within: (inner: string, outer: string) => boolean,
): boolean {
  if (outer === null) return true;
  return inner?.every((item) => outer.some((wider) => within(item, wider))) ?? false;
}
