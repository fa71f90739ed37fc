import type { ServerId } from '../base/ids.ts';
import type { Result } from '../base/result.ts';
import type { Principal, Scope } from './principal.ts';
import type { PolicyReason } from './reasons/policy.ts';
import type { Effect, TargetKind } from './target.ts';

/** Of every kind of target: to see it in lists, and to use it (call a tool, get a prompt, read, complete or subscribe to a resource). */
export type Action = 'discover' | 'call';

export interface Decision {
  readonly effect: 'allow' | 'deny';
  /** Ids of the policies that made it, sorted; empty when nothing permitted. */
  readonly policies: readonly string[];
  /** Digest of policies, schema and entities: the same inputs under the same version give the same decision (R2-058). */
  readonly version: string;
  readonly obligations: readonly Obligation[];
  /** Why not, for the reply and the journal; null when it is allowed. */
  readonly reason: DenialReason | null;
}

export type DenialReason = 'policy.denied' | 'policy.out_of_scope' | 'policy.method_out_of_scope';

export type Obligation = { readonly kind: 'redact' | 'approve' | 'step_up'; readonly detail: string };

/** What policies see of a target: nothing that a server wrote but its name. */
export interface PolicyResource {
  readonly kind: TargetKind;
  readonly qualifiedName: string;
  readonly server: ServerId;
  readonly name: string;
  readonly effect: Effect;
  /** Of a resource: the qualified name of the template that makes it, or null. Absent for everything else. */
  readonly template?: string | null;
}

/** What a decision reads of its caller and its target, and nothing more: no name of a person, no argument, no time. */
export interface DecisionInputs {
  readonly principal: {
    readonly tenant: string;
    readonly id: string;
    readonly roles: readonly string[];
    readonly scopes: readonly Scope[];
    readonly methods: readonly string[] | null;
  };
  readonly action: Action;
  readonly resource: PolicyResource;
}

/** One compiled, immutable policy state. Part of a Snapshot, so that a call sees one version throughout. */
export interface PolicySet {
  readonly version: string;
  /** Fails with a reason rather than throws; a failure is a denial. */
  decide(principal: Principal, action: Action, resource: PolicyResource): Result<Decision, PolicyReason>;
  /** What `decide` judges by, as data that can be journaled and replayed (R2-058). */
  inputsOf(principal: Principal, action: Action, resource: PolicyResource): DecisionInputs;
}

/** A standing permission for one principal and one tool, by name: the only way to a destructive tool. */
export interface Grant {
  readonly id: string;
  readonly principal: string;
  readonly tool: string;
}
