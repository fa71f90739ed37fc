import type { ArgumentRule } from '../base/argument-rules.ts';
import type { ServerId } from '../base/ids.ts';
import type { Result } from '../base/result.ts';
import type { JsonObject } from './json.ts';
import type { Principal, Scope } from './principal.ts';
import type { PolicyReason } from './reasons/policy.ts';
import type { Effect, TargetKind } from './target.ts';

/** Of every kind of target: to see it in lists, and to use it (call a tool, get a prompt, read, complete or subscribe to a resource). */
export type Action = 'discover' | 'call';

export interface Decision {
  /** `conditional`: permitted with some arguments. It is no permission: `judge` says whether with these. */
  readonly effect: 'allow' | 'deny' | 'conditional';
  /** Ids of the policies that made it, sorted; empty when nothing permitted. */
  readonly policies: readonly string[];
  /** Digest of policies, schema and entities: the same inputs under the same version give the same decision (R2-058). */
  readonly version: string;
  readonly obligations: readonly Obligation[];
  /** Why not, for the reply and the journal; null when it is allowed. */
  readonly reason: DenialReason | null;
  /** The minute for which it holds, where policies read the time: see `DecisionInputs`. Absent: as long as its version. */
  readonly time?: string;
  /** What the operator wants the refused caller to read. */
  readonly told?: { readonly policy: string | null; readonly message: string | null };
  /** Where the operator's own policies among them stand: `team-folders (policies/team.cedar:8)`. */
  readonly places?: readonly string[];
}

export type DenialReason = 'policy.denied' | 'policy.arguments_denied' | 'policy.out_of_scope' | 'policy.method_out_of_scope';

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

/** What a decision reads of its caller and its target, and nothing more: no name of a person, of the arguments what a policy compares. */
export interface DecisionInputs {
  readonly principal: {
    readonly tenant: string;
    readonly id: string;
    readonly roles: readonly string[];
    readonly scopes: readonly Scope[];
    readonly methods: readonly string[] | null;
    /** Of its credential; absent: none. */
    readonly purpose?: string;
  };
  readonly action: Action;
  readonly resource: PolicyResource;
  /** The minute in which it was decided, in UTC: `2026-03-02T09:30Z`. Absent: no policy reads the time. */
  readonly time?: string;
  /** Absent: no policy reads any, or they are not known. */
  readonly arguments?: ReadArguments;
}

export interface ReadArguments {
  /** For policies: as Cedar takes them. */
  readonly compared: JsonObject;
  /** For rules of grants and scopes: as the client wrote them. */
  readonly ruled: JsonObject;
}

/** An operator's own policy that is in force. */
export interface PolicyInForce {
  readonly id: string;
  readonly effect: 'permit' | 'forbid';
  readonly text: string;
  /** `line` counts from 1; `file` is null where it came through the API. */
  readonly place: { readonly file: string | null; readonly line: number };
  readonly message: string | null;
  /** What about it does not fit what is there now. */
  readonly problems: readonly string[];
}

export interface Judgement {
  readonly decision: Decision;
  readonly inputs: DecisionInputs;
}

/** One compiled, immutable policy state. Part of a Snapshot, so that a call sees one version throughout. */
export interface PolicySet {
  readonly version: string;
  /** Fails with a reason rather than throws; a failure is a denial. */
  decide(principal: Principal, action: Action, resource: PolicyResource): Result<Decision, PolicyReason>;
  /**
   * A call with its arguments, which have passed the schema: never `conditional`. `policy.argument_not_comparable`, whose detail is meant for the caller.
   */
  judge(principal: Principal, resource: PolicyResource, given: JsonObject): Result<Judgement, PolicyReason>;
  /** What `decide` judges by, as data that can be journaled and replayed (R2-058). `time` is that of the decision. */
  inputsOf(principal: Principal, action: Action, resource: PolicyResource, time?: string): DecisionInputs;
  /** The minute that it is, where policies read the time; null where none does, and every decision holds as long as the set. */
  minute(): string | null;
  /** The same policies at another time, in milliseconds of wall time. */
  at(time: number): PolicySet;
  /** The operator's own. */
  readonly own: readonly PolicyInForce[];
}

/** A standing permission for one principal and one tool, by name: the only way to a destructive tool. */
export interface Grant {
  readonly id: string;
  readonly principal: string;
  readonly tool: string;
  /** What the arguments have to be; absent: any that the tool takes. */
  readonly rules?: readonly ArgumentRule[];
}
