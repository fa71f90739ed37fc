import cedar from '@cedar-policy/cedar-wasm/nodejs';
import { failure, type Result, success } from '../base/result.ts';
import type { Action, Grant, PolicyResource, PolicySet } from '../contracts/decision.ts';
import type { Principal } from '../contracts/principal.ts';
import type { PolicyReason } from '../contracts/reasons/policy.ts';
import type { PinState } from '../contracts/target.ts';
import type { Decider } from './decide.ts';
import { type Answer, DecisionCache } from './decision-cache.ts';
import { type PolicyDocument, versionOf } from './document.ts';
import { grantPolicy, isGrantId } from './grant-policy.ts';
import { callerOf, type DecisionInputs, plainResource } from './inputs.ts';
import { describe } from './preparsed.ts';
import { SHIPPED_POLICIES } from './role-policies.ts';
import { POLICY_SCHEMA } from './schema.ts';
import { openSharingDecider } from './share.ts';

export interface PolicyContent {
  readonly tenant: string;
  readonly grants: readonly Grant[];
  /** Tools, prompts and templates in every state; only approved ones can be permitted. */
  readonly pins: readonly (PolicyResource & { readonly state: PinState })[];
  /** Servers with the effect that their resources have where no template makes them. */
  readonly servers: PolicyDocument['servers'];
}

/** A PolicySet that also says what it was made from, to be stored under its version. */
export interface CompiledPolicies extends PolicySet {
  readonly document: PolicyDocument;
}

/** The policies of a tenant, ready to decide. `policy.invalid`: a policy that does not parse or does not fit the schema; keep the old set. */
export function compilePolicies(content: PolicyContent): Result<CompiledPolicies, PolicyReason> {
  return compileDocument({
    tenant: content.tenant,
    schema: POLICY_SCHEMA,
    policies: SHIPPED_POLICIES,
    grants: content.grants.map(({ id, principal, tool }) => ({ id, principal, tool })),
    pins: content.pins.filter((pin) => pin.state === 'approved').map(plainResource),
    servers: content.servers,
  });
}

/** Compiles a stored document: what replay judges by. */
export function compileDocument(document: PolicyDocument): Result<CompiledPolicies, PolicyReason> {
  const sound = validateDocument(document);
  if (!sound.ok) return sound;
  const version = versionOf(document);
  return success(cachedSet(document, version, openSharingDecider(document, version)));
}

function cachedSet(document: PolicyDocument, version: string, decider: Decider): CompiledPolicies {
  const calls = new DecisionCache();
  // Principals are immutable and one object per credential: what a decision reads of one is taken out once, not for each tool.
  const callers = new WeakMap<Principal, DecisionInputs['principal']>();
  const inputs = (principal: Principal, action: Action, resource: PolicyResource): DecisionInputs => {
    const caller = callers.get(principal) ?? callerOf(principal);
    callers.set(principal, caller);
    return { principal: caller, action, resource };
  };
  const decide = (principal: Principal, action: Action, resource: PolicyResource): Answer => {
    try {
      // Discovery is asked for all tools at once and remembered by whoever asked: here it would only push the calls out.
      if (action === 'discover') return decider(inputs(principal, action, resource));
      const held = calls.find(principal, resource);
      if (held !== null) return held;
      const answer = decider(inputs(principal, action, resource));
      // A fault may pass; a decision of this version never changes.
      if (answer.ok) calls.keep(principal, resource, answer);
      return answer;
    } catch (error) {
      return failure('policy.fault', String(error).slice(0, 300));
    }
  };
  return Object.freeze({ version, document, decide, inputsOf: inputs });
}

function validateDocument(document: PolicyDocument): Result<null, PolicyReason> {
  const badGrant = document.grants.find((grant) => !isGrantId(grant.id) || grant.principal === '' || grant.tool === '');
  if (badGrant !== undefined) return failure('policy.invalid', `grant ${JSON.stringify(badGrant.id).slice(0, 80)} is malformed`);
  if (Object.keys(document.policies).some((id) => id.startsWith('grant:')))
    return failure('policy.invalid', 'the ids of grants begin with grant:, and those of no policy');
  if (new Set(document.grants.map((grant) => grant.id)).size < document.grants.length)
    return failure('policy.invalid', 'two grants have one id');
  try {
    return validateCedar(document);
  } catch (error) {
    return failure('policy.invalid', String(error).slice(0, 300));
  }
}

function validateCedar(document: PolicyDocument): Result<null, PolicyReason> {
  // Grants are trees of one shape in which only ids differ, and ids are not judged: one stands for all. Ten thousand would block for a second.
  const grants = Object.fromEntries(document.grants.slice(0, 1).map((grant) => [`grant:${grant.id}`, grantPolicy(grant)]));
  const answer = cedar.validate({ schema: document.schema, policies: { staticPolicies: { ...document.policies, ...grants } } });
  if (answer.type === 'failure') return failure('policy.invalid', describe(answer.errors));
  const first = answer.validationErrors[0];
  if (first !== undefined) return failure('policy.invalid', `${first.policyId}: ${describe([first.error])}`);
  return success(null);
}
