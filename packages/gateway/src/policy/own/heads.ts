import type cedar from '@cedar-policy/cedar-wasm/nodejs';
import type { ReadPolicy } from './own-policy.ts';

/** A caller or a target as the head of a policy sees it: its entity type and id, and those it stands in. */
export interface Standing {
  readonly type: string;
  readonly id: string;
  readonly parents: readonly { readonly type: string; readonly id: string }[];
}

/**
 * Whether the head of the policy could fit. False only where it certainly does not, so that leaving the policy out changes no decision; conditions are
 * not looked at.
 */
export const mayConcernCaller = ({ tree }: ReadPolicy, caller: Standing): boolean => fits(tree.principal, caller);
export const mayConcernTarget = ({ tree }: ReadPolicy, target: Standing): boolean => fits(tree.resource, target);

function fits(head: cedar.PrincipalConstraint | cedar.ResourceConstraint, one: Standing): boolean {
  if (head.op === 'All') return true;
  if (head.op === 'is') return head.entity_type === one.type && isOrIn(head.in, one);
  return head.op === 'in' ? isOrIn(head, one) : isSame(entityIn(head), one);
}

const entityIn = (head: object): ReturnType<typeof uid> => ('entity' in head ? uid(head.entity) : null);

function isOrIn(head: object | undefined, one: Standing): boolean {
  if (head === undefined) return true;
  const named = entityIn(head);
  return isSame(named, one) || one.parents.some((parent) => isSame(named, parent));
}

/** Cedar's JSON has two forms of an id. What has neither fits nobody for certain, so null is taken for a fit. */
function uid(entity: unknown): { readonly type: string; readonly id: string } | null {
  const plain = (entity as { readonly __entity?: unknown } | null)?.__entity ?? entity;
  const { type, id } = (plain ?? {}) as { readonly type?: unknown; readonly id?: unknown };
  return typeof type === 'string' && typeof id === 'string' ? { type, id } : null;
}

const isSame = (
  named: { readonly type: string; readonly id: string } | null,
  one: { readonly type: string; readonly id: string },
): boolean => named === null || (named.type === one.type && named.id === one.id);

/** What the head names as its target, where it names one thing. */
export function namedTarget({ tree: { resource } }: ReadPolicy): { readonly type: string; readonly id: string } | null {
  if (resource.op === 'is') return resource.in === undefined ? null : entityIn(resource.in);
  return resource.op === 'All' ? null : entityIn(resource);
}
