import cedar from '@cedar-policy/cedar-wasm/nodejs';
import { sha256Hex } from '../base/bytes.ts';
import { type Failure, failure, type Result, success } from '../base/result.ts';
import type { Decision, DenialReason, Grant, PolicyResource } from '../contracts/decision.ts';
import type { PolicyReason } from '../contracts/reasons/policy.ts';
import type { PolicyDocument } from './document.ts';
import { grantPolicy } from './grant-policy.ts';
import type { DecisionInputs } from './inputs.ts';
import { type CedarPolicies, describe, preparedPolicies, preparedSchema } from './preparsed.ts';
import { isInScope, isMethodInScope } from './scope.ts';

export type Decider = (inputs: DecisionInputs) => Result<Decision, PolicyReason>;

/**
 * A slice holds the shipped policies and the grants that name exactly this caller and this tool: ten at most, for speed (DESIGN section 8).
 * All of them speak of both actions, so discover and call share one.
 */
export const SLICE_POLICIES = 10;

interface Slice {
  readonly content: string;
  readonly policies: CedarPolicies;
}

/** A decider without memory: every call asks Cedar. Throws only on a bug; the caller makes that a denial. */
export function openDecider(document: PolicyDocument, version: string): Decider {
  const tools = new Map(document.tools.map((tool) => [tool.qualifiedName, tool]));
  const sliceOf = slicer(document);
  return (inputs) => {
    // Only an approved tool with the facts of this version can be permitted: hidden, unknown and changed ones are answered alike.
    if (!isSame(tools.get(inputs.resource.qualifiedName), inputs.resource)) return success(denial(version, [], 'policy.denied'));
    return ask(document, version, sliceOf(inputs), inputs);
  };
}

function slicer(document: PolicyDocument): (inputs: DecisionInputs) => Slice {
  const shared: CedarPolicies = document.policies;
  const sharedContent = sha256Hex(JSON.stringify(shared));
  const room = SLICE_POLICIES - Object.keys(shared).length;
  const grants = Map.groupBy(document.grants, (grant) => pair(grant.principal, grant.tool));
  return ({ principal, resource }) => {
    const own = (grants.get(pair(principal.id, resource.qualifiedName)) ?? []).slice(0, room);
    if (own.length === 0) return { content: sharedContent, policies: shared };
    return withGrants(shared, sharedContent, own);
  };
}

// Grants that name the same caller and tool say the same thing, so those beyond the slice's room change no decision.
function withGrants(shared: CedarPolicies, sharedContent: string, grants: readonly Grant[]): Slice {
  const own = Object.fromEntries(grants.map((grant) => [`grant:${grant.id}`, grantPolicy(grant)]));
  return { content: `${sharedContent} ${sha256Hex(JSON.stringify(own))}`, policies: { ...shared, ...own } };
}

const pair = (principal: string, tool: string): string => JSON.stringify([principal, tool]);

function ask(document: PolicyDocument, version: string, slice: Slice, inputs: DecisionInputs): Result<Decision, PolicyReason> {
  const schema = preparedSchema(document.schema);
  if (!schema.ok) return fault(schema);
  const policies = preparedPolicies(slice.content, slice.policies);
  if (!policies.ok) return fault(policies);
  const answer = cedar.statefulIsAuthorized({
    ...request(document, inputs),
    preparsedSchemaName: schema.value,
    validateRequest: true,
    preparsedPolicySetId: policies.value,
  });
  return interpret(answer, version);
}

function interpret(answer: cedar.AuthorizationAnswer, version: string): Result<Decision, PolicyReason> {
  if (answer.type === 'failure') return failure('policy.fault', describe(answer.errors));
  const { decision, diagnostics } = answer.response;
  // Cedar skips a policy that fails to evaluate, and a skipped forbid would permit.
  const broken = diagnostics.errors[0];
  if (broken !== undefined) return failure('policy.fault', `${broken.policyId}: ${describe([broken.error])}`);
  const policies = [...diagnostics.reason].sort();
  if (decision !== 'allow') return success(denial(version, policies, reasonOf(policies)));
  return success(Object.freeze({ effect: 'allow', policies, version, obligations: [], reason: null }));
}

function denial(version: string, policies: readonly string[], reason: DenialReason): Decision {
  return Object.freeze({ effect: 'deny', policies, version, obligations: [], reason });
}

function reasonOf(policies: readonly string[]): DenialReason {
  if (policies.includes('scope-tool')) return 'policy.out_of_scope';
  return policies.includes('scope-method') ? 'policy.method_out_of_scope' : 'policy.denied';
}

function request(document: PolicyDocument, { principal, action, resource }: DecisionInputs) {
  const caller = { type: 'Principal', id: principal.id };
  const tool = { type: 'Tool', id: resource.qualifiedName };
  return {
    principal: caller,
    action: { type: 'Action', id: action },
    resource: tool,
    context: { inScope: isInScope(principal.scopes, resource), methodInScope: isMethodInScope(principal.methods, action) },
    entities: [
      { uid: caller, attrs: { tenant: principal.tenant }, parents: principal.roles.map((role) => ({ type: 'Role', id: role })) },
      { uid: tool, attrs: { tenant: document.tenant, server: resource.server, name: resource.name, effect: resource.effect }, parents: [] },
    ],
  };
}

const fault = (cause: Failure): Failure<PolicyReason> => failure('policy.fault', cause.detail);

const isSame = (known: PolicyResource | undefined, asked: PolicyResource): boolean =>
  known !== undefined && known.effect === asked.effect && known.server === asked.server && known.name === asked.name;
