import type { ServerId } from '../base/ids.ts';
import type { Action, Decision, DecisionInputs } from './decision.ts';
import type { JsonObject } from './json.ts';
import type { Reason } from './reasons/index.ts';
import type { Era, Target } from './target.ts';

export interface Pass<F> {
  readonly verdict: 'pass';
  readonly fact: F;
}

export interface Deny {
  readonly verdict: 'deny';
  readonly reason: Reason;
  /** For the journal and the operator. */
  readonly detail?: string;
  /** For the client, where the reason's row says that it may be shown: text that this gateway wrote about the client's own input. */
  readonly shown?: string;
  /** Seconds, for reasons that ask the caller to wait. */
  readonly retryAfterSeconds?: number;
  /** Capabilities that the client would have to declare. */
  readonly requires?: JsonObject;
  /** The revisions that would have been understood, where that is not what this gateway speaks. */
  readonly supported?: readonly string[];
  /** What was decided, where a policy refused, and whether it was the call or its discovery. */
  readonly decided?: { readonly action: Action; readonly target: Target; readonly decision: Decision; readonly inputs?: DecisionInputs };
  /** The server that was looked at, where the exchange names none: what was asked for has not become its target. */
  readonly server?: ServerId;
  /** The key that the refusal is about, where nobody was authenticated by it. */
  readonly credential?: string;
  /** Where a message was refused before it became a frame: the request's id and era as far as they could be read. No id: a notification. */
  readonly of?: { readonly id: string | number | null; readonly era: Era };
  /** JSON texts of the messages of a batch: it is no message itself, and each of them comes through the line by itself. */
  readonly members?: readonly string[];
}

/** The message goes on with other params; arguments are digested and validated again. */
export interface Revise {
  readonly verdict: 'revise';
  readonly params: JsonObject;
  readonly note: string;
}

/** The exchange is stored as data and resumed by another one that presents the handle. */
export interface Hold {
  readonly verdict: 'hold';
  readonly kind: 'approval' | 'step_up' | 'input_required';
  /** Wall time in milliseconds. */
  readonly expiresAt: number;
  /** What the resuming exchange must match: principal, target and arguments digest. */
  readonly binding: string;
}

export type GuardVerdict<F> = Pass<F> | Deny;
export type ScreenVerdict = Pass<null> | Deny | Revise | Hold;

export interface GuardTrace {
  readonly guard: string;
  readonly verdict: 'pass' | 'deny' | 'revise' | 'hold';
  /** Microseconds. */
  readonly us: number;
}
