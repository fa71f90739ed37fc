import cedar from '@cedar-policy/cedar-wasm/nodejs';
import type { PolicyDocument } from './document.ts';
import { type IdentityRead, identityRead } from './own/identity-read.ts';
import { remembered } from './remembered.ts';

/**
 * Whether any policy can tell one caller from another with the same roles and tenant, or one tool from another with the same effect. Where
 * none can, those share their decision. Everything that is not known to be harmless counts as telling them apart.
 */
export const namesSomebody = (policies: PolicyDocument['policies']): boolean => naming([policies], () => readNames(policies));

const naming = remembered<boolean>(16);

function readNames(policies: PolicyDocument['policies']): boolean {
  return Object.values(policies).some((text) => {
    // The one attribute name that would hide what is under it from the walk below.
    if (text.includes('__proto__')) return true;
    const parsed = cedar.policyToJson(text);
    if (parsed.type === 'failure') return true;
    const { principal, resource, conditions } = parsed.json;
    return !isPlainPrincipal(principal) || !isPlainResource(resource) || tellsApart(identityRead({ conditions }));
  });
}

const tellsApart = (read: IdentityRead | null): boolean => read === null || read.server || read.name;

const isPlainPrincipal = (scope: cedar.PrincipalConstraint): boolean =>
  scope.op === 'All' || (scope.op === 'in' && 'entity' in scope && isRole(scope.entity));

const isPlainResource = (scope: cedar.ResourceConstraint): boolean => scope.op === 'All';

const isRole = (entity: unknown): boolean => (entity as { readonly type?: unknown } | null)?.type === 'Role';
