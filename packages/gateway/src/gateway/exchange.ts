import type { ExchangeId, ServerId } from '../base/ids.ts';
import type { Result } from '../base/result.ts';
import type { Decision } from '../contracts/decision.ts';
import type { JsonObject } from '../contracts/json.ts';
import type { Principal } from '../contracts/principal.ts';
import type { Snapshot } from '../contracts/snapshot.ts';
import type { Era, Target } from '../contracts/target.ts';
import type { ExchangeSpan, TraceContext } from '../contracts/tracing.ts';
import type { GuardTrace } from '../contracts/verdict.ts';
import type { BodyReason } from '../http/index.ts';
import type { MethodClass, Params, RequestMeta, Revision, Round } from '../protocol/index.ts';
import type { Charge } from './budget.ts';
import type { CallPlace } from './calls-under-way.ts';
import type { Session } from './downstream/sessions.ts';
import type { HeldTask } from './reverse/tasks.ts';

/** The other end of the connection, as the socket says; never as a header says unless a trusted proxy wrote it. */
export interface Peer {
  /** Normalised address. */
  readonly address: string;
  /** The key of its budget: the IPv4 address or the IPv6 /64. */
  readonly bucket: string;
}

/** The head of an HTTP request and its body, which nobody has read yet. */
export interface HttpRequest {
  readonly verb: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Header fields that came more than once and must not: name only. */
  readonly repeated: readonly string[];
  readonly readBody: () => Promise<BodyResult>;
}

export type BodyResult = Result<Uint8Array, BodyReason>;

/** What one message has become on its way through the line. Guards add the facts; nothing takes one away. */
export interface Received {
  readonly id: ExchangeId;
  /** Wall time, milliseconds. */
  readonly receivedAt: number;
  /** Monotonic, milliseconds. */
  readonly startedAt: number;
  /** Of the default tenant until it is known who asks, then of that principal's. */
  snapshot: Snapshot;
  readonly peer: Peer;
  readonly http: HttpRequest;
  /** Appended to by the runner only. */
  readonly trace: GuardTrace[];
  /** Begun once the guards have spoken, where traces are made. */
  span?: ExchangeSpan;
}

/** `/mcp` is every server that the caller may see; `/mcp/SERVER` is one. */
export interface Endpoint {
  readonly server: ServerId | null;
}

export interface AddressBudget {
  /** For messages that cost no unit: gives it back and counts them under their own, wider bound. False: over that bound. */
  refund(): boolean;
}

export type FrameKind = 'request' | 'notification' | 'answer' | 'stream' | 'end';

/** A column of the line: the classes of methods, and what HTTP itself says in the legacy era. */
export type LineClass = MethodClass | 'answer' | 'stream' | 'end';

export interface LinePlan {
  readonly class: LineClass;
  /** Units of the client's budget. */
  readonly units: 0 | 1;
}

export interface Frame {
  readonly kind: FrameKind;
  /** The request's id as the client chose it; null for everything else. */
  readonly id: string | number | null;
  readonly method: string;
  readonly plan: LinePlan;
  readonly params: Params;
  /** What a modern request says of itself in `_meta`; null in the legacy era. */
  readonly meta: RequestMeta | null;
  /** The handle of a held exchange that this one means to resume. */
  readonly handle: string | null;
  /** What this request brings from the round before, as the client gave it; absent where it is a first one. */
  readonly round?: Round;
  readonly revision: Revision;
  readonly era: Era;
  readonly session: Session | null;
  readonly bytes: number;
  /** The trace that the client goes on with; absent where it sent none that is in form. */
  readonly traced?: TraceContext;
  /** SHA-256, hex, of the RFC 8785 form of a call's arguments, where it was made with the parse; null where it is still to be made. */
  readonly argumentsDigest: string | null;
}

export interface Budget {
  /** Null for what costs no unit. */
  readonly charge: Charge | null;
  /** Ends the call's place among those in flight. Idempotent. */
  release(): void;
}

/** What a request spent of the rate of its server or tool. */
export interface PlaceCharge {
  readonly of: 'server' | 'tool';
  /** Requests a minute. */
  readonly most: number;
  readonly charge: Charge;
}

/** A request's place among those under way at its server; one that costs nothing for what goes to none. */
export interface Place extends CallPlace {
  readonly charges: readonly PlaceCharge[];
}

export interface Facts {
  readonly addressBudget: AddressBudget;
  readonly endpoint: Endpoint | null;
  readonly principal: Principal;
  readonly frame: Frame;
  readonly budget: Budget;
  /** What the message is about; null for the gateway's own answers. */
  readonly target: Target | null;
  /** Null where there is nothing to decide: the gateway's own answers, which are filtered instead. */
  readonly decision: Decision | null;
  readonly place: Place;
}

export type Fact = keyof Facts;
export type With<F extends Fact> = Received & Pick<Facts, F>;
/** Every fact is known. Only such an exchange can be answered or forwarded. */
export type Exchange = With<Fact>;
/** An exchange on its way: some facts may not be known yet. */
export type Partially = Received & Partial<Facts>;

/** What is forwarded: a call of a tool, or a request about a prompt, a template or a resource; its own state while screens look at it. */
export interface Call {
  readonly exchange: Exchange;
  readonly target: Target;
  /** The part of the params that the client wrote beside the target's name: arguments, of a completion the argument and its context. */
  readonly arguments: JsonObject;
  /** SHA-256, hex, of the RFC 8785 form of the arguments. Made anew after each revision. */
  readonly argumentsDigest: string;
  /** A held exchange that this one resumes, once it was matched. */
  readonly resumed: Resumed | null;
  /** What goes to the server from the round before, once it was matched. */
  readonly round?: MatchedRound;
  /** The task that this is about; absent for everything but `tasks/*`. */
  readonly task?: HeldTask;
}

export interface MatchedRound {
  /** Which round this is: 1 for the first retry. */
  readonly number: number;
  readonly responses: JsonObject | null;
  /** The server's own state. */
  readonly state: string | null;
}

export interface Resumed {
  readonly kind: 'approval' | 'step_up' | 'input_required';
  /** The exchange that was held. */
  readonly parent: ExchangeId;
}

/** The result as the server gave it, before anybody has seen it. */
export interface CallResult {
  readonly call: Call;
  readonly result: JsonObject;
  /** `JSON.stringify(result)`. */
  readonly text: string;
}
