import cedar from '@cedar-policy/cedar-wasm/nodejs';
import { type Failure, failure, type Result, success } from '../base/result.ts';
import type { Action, Decision, DenialReason, PolicyResource } from '../contracts/decision.ts';
import type { JsonObject } from '../contracts/json.ts';
import type { PolicyReason } from '../contracts/reasons/policy.ts';
import type { PolicyLabels } from './document.ts';
import type { Fact } from './facts-read.ts';
import { type NarrowSchema, narrowSchema } from './narrow-schema.ts';
import { describe, preparedPolicies, preparedSchema } from './preparsed.ts';
import type { Slice } from './slices.ts';
import { callerStanding, standingOf } from './standing.ts';
import { timeFacts } from './time.ts';

/** Everything that Cedar sees of one request. */
export interface Question {
  readonly schema: string;
  /** Of the target. */
  readonly tenant: string;
  readonly principal: { readonly id: string; readonly tenant: string; readonly roles: readonly string[]; readonly purpose?: string };
  readonly action: Action;
  readonly resource: PolicyResource;
  readonly labels: PolicyLabels;
  readonly inScope: boolean;
  readonly methodInScope: boolean;
  /** Absent: no policy reads it. */
  readonly time?: string;
  /** As Cedar takes them; `{}` where no policy reads any. */
  readonly arguments: JsonObject;
  /** As Cedar's schema language writes it; null: none are known. */
  readonly argumentsType: string | null;
}

/** One question to Cedar. `policy.fault` where it failed or could not evaluate a policy, `policy.invalid` where the slice does not parse. */
export function askCedar(slice: Slice, question: Question, version: string): Result<Decision, PolicyReason> {
  const narrow = narrowSchema(question.schema, slice.facts);
  const schema = preparedSchema(narrow.text(question.argumentsType));
  if (!schema.ok) return fault(schema);
  const policies = preparedPolicies(slice.content, slice.policies);
  if (!policies.ok) return fault(policies);
  const answer = cedar.statefulIsAuthorized({
    ...requestOf(question, narrow),
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
  return success(decision === 'allow' ? permission(version, policies) : denial(version, policies, reasonOf(policies)));
}

export const permission = (version: string, policies: readonly string[]): Decision =>
  Object.freeze({ effect: 'allow', policies, version, obligations: [], reason: null });

export const denial = (version: string, policies: readonly string[], reason: DenialReason): Decision =>
  Object.freeze({ effect: 'deny', policies, version, obligations: [], reason });

/** Why forbids that hold refuse. */
export function reasonOf(policies: readonly string[]): DenialReason {
  if (policies.includes('scope-tool')) return 'policy.out_of_scope';
  return policies.includes('scope-method') ? 'policy.method_out_of_scope' : 'policy.denied';
}

/** States what the schema has, and so what the policies read: a fact costs Cedar about ten microseconds. */
function requestOf(question: Question, narrow: NarrowSchema) {
  const { tenant, principal, action, resource, labels, inScope, methodInScope, time, arguments: given } = question;
  const stated = <T>(facts: Readonly<Partial<Record<Fact, () => T>>>): Record<string, T> =>
    Object.fromEntries(Object.entries(facts).flatMap(([fact, of]) => (narrow.has(fact as Fact) ? [[fact, of()]] : [])));
  const { parents: roles, ...caller } = callerStanding(principal);
  const { parents, ...target } = standingOf(resource);
  const attributes = {
    tenant: () => tenant,
    server: () => resource.server,
    name: () => resource.name,
    effect: () => resource.effect,
    dataClass: () => labels.dataClass,
    environment: () => labels.environment,
  };
  const server = { uid: { type: 'Server', id: resource.server }, attrs: { tenant }, parents: [] };
  return {
    principal: caller,
    action: { type: 'Action', id: action },
    resource: target,
    context: stated<cedar.CedarValueJson>({
      inScope: () => inScope,
      methodInScope: () => methodInScope,
      arguments: () => given as cedar.Context,
      time: () => timeFacts(time) as cedar.Context,
    }),
    entities: [
      { uid: caller, attrs: stated({ tenant: () => principal.tenant, purpose: () => principal.purpose ?? '' }), parents: [...roles] },
      { uid: target, attrs: stated(attributes), parents: [...parents] },
      // All that it has is its tenant; what stands in it says so itself.
      ...(narrow.has('tenant') ? [server] : []),
    ],
  };
}

const fault = (cause: Failure): Failure<PolicyReason> => failure('policy.fault', cause.detail);
