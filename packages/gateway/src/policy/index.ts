export type { GrantRequest } from './add-grant.ts';
export { type CompiledPolicies, compilePolicies, type PolicyContent } from './compile-policies.ts';
export type { PolicyDocument } from './document.ts';
export { openPolicyDocuments, type PolicyDocuments } from './keep-document.ts';
export { type Grants, openGrants } from './open-grants.ts';
export { replay } from './replay.ts';
export type { UnusedGrant } from './report-grants.ts';
export type { StoredGrant } from './store.ts';
