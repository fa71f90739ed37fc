import type { DownstreamSessionId } from '../../base/ids.ts';
import type { Result } from '../../base/result.ts';
import type { JsonObject, JsonValue } from '../../contracts/json.ts';
import type { Principal } from '../../contracts/principal.ts';
import type { GatewayReason } from '../../contracts/reasons/gateway.ts';
import type { Registration } from '../../contracts/registration.ts';
import type { Era, PinKind } from '../../contracts/target.ts';
import type { TraceContext } from '../../contracts/tracing.ts';
import type { Cancellable } from '../cancellation.ts';
import type { CallStream } from '../downstream/call-stream.ts';
import type { AskClient } from './asks.ts';

/** One request to a server. Ids and progress tokens are ours: none that a client chose ever leaves. */
export interface UpstreamRequest {
  readonly method: string;
  /** Params as they were inspected, without a progress token; the session adds its own token and, for a modern server, its `_meta`. */
  readonly params: JsonObject;
  readonly timeoutMs: number;
  /** Aborting cancels upstream too: `notifications/cancelled` (legacy, stdio) or a closed response (modern HTTP). */
  readonly signal: Cancellable;
  /** Present when the client asked for progress; called once for each notification tied to this request. */
  readonly onProgress: ((params: JsonObject) => void) | null;
  /** The server let go of the response stream and answers later (MCP 2025-11-25, polling); told the milliseconds that it asks to wait. */
  readonly onParked?: (retryMs: number) => void;
  /** Modern servers: log level of this request (`io.modelcontextprotocol/logLevel`) and where its log messages go. */
  readonly log: { readonly level: string; readonly onMessage: (params: JsonObject) => void } | null;
  /** `Mcp-Param-*` headers, already checked against the pinned definition. */
  readonly paramHeaders: Readonly<Record<string, string>>;
  /** The client's call that this request is, for what the server asks meanwhile; absent for requests of the gateway itself. */
  readonly origin?: CallStream;
  /** What the client of a stateless request declared and is relayed. Present: the server may answer that it needs input first. */
  readonly capabilities?: JsonObject;
  /** The trace that the server goes on with. */
  readonly traced?: TraceContext;
}

export type UpstreamAnswer =
  | {
      readonly kind: 'result';
      readonly result: JsonObject;
      /** The result's own JSON text: `JSON.stringify(result)` and equal to what was parsed, so it goes on as it is. */
      readonly text: string;
    }
  /** `data` where the server gave any, bounded by `read-message.ts`. */
  | { readonly kind: 'error'; readonly code: number; readonly message: string; readonly data?: JsonValue };

export interface UpstreamSession {
  readonly era: Era;
  /** Where what it began is found again; see `placeOf`. */
  readonly place: string;
  readonly revision: string;
  /** What it said it can do. */
  readonly capabilities: JsonObject;
  /**
   * What the server offers of a kind in this session now: name (of a template its `uriTemplate`) to SHA-256 of the definition's RFC 8785 form.
   * Tools are always known; the others once they were asked for, null before.
   */
  peekPins(kind: PinKind): ReadonlyMap<string, string> | null;
  /** The same, read where it is not known. */
  livePins(kind: PinKind): Promise<Result<ReadonlyMap<string, string>, GatewayReason>>;
  /** What the server lists now, asked now; of later pages at most half a minute old. */
  resources(page: 'first' | 'later'): Promise<Result<readonly JsonObject[], GatewayReason>>;
  /** Whether the server lists this URI, asked again where the list that is known does not have it. Null is in no list: it is asked for as that. */
  lists(uri: string | null): Promise<Result<boolean, GatewayReason>>;
  request(request: UpstreamRequest): Promise<Result<UpstreamAnswer, GatewayReason>>;
  /** Legacy only: `resources/subscribe` and `resources/unsubscribe` for one client's session. Updates reach its listener, and no other. */
  subscribe(session: DownstreamSessionId, request: UpstreamRequest): Promise<Result<UpstreamAnswer, GatewayReason>>;
  unsubscribe(session: DownstreamSessionId, request: UpstreamRequest): Promise<Result<UpstreamAnswer, GatewayReason>>;
  subscribed(session: DownstreamSessionId, uri: string): boolean;
  /** Modern only: tells of these resources until it is ended. */
  watchResources(uris: readonly string[], onUpdated: (uri: string) => void): Promise<Result<Subscription, GatewayReason>>;
  /** Modern only: tells of the states of these tasks until it is ended; each at most once a second, the newest last. */
  watchTasks(watch: TaskWatch): Promise<Result<Subscription, GatewayReason>>;
  /** Legacy only; kept and applied again when the session is started anew. */
  setLogLevel(level: string): Promise<void>;
  /** Keeps it from ending as idle until the returned function is called. @param onEnd called where it ends all the same, before that */
  hold(onEnd: () => void): () => void;
  /** Tells the server something on behalf of the client whose session it is; nothing where the session is several clients'. */
  tell(method: string, params: JsonObject): void;
}

/** Resources of a stateless server whose changes somebody wants to be told of. `updated` must not throw. */
export interface ResourceWatch {
  readonly kind: 'resources';
  readonly names: readonly string[];
  updated(uri: string): void;
}

/** Tasks of a stateless server, by its own ids, whose states somebody wants to be told. Methods must not throw. */
export interface TaskWatch {
  readonly kind: 'tasks';
  readonly names: readonly string[];
  /** What the client declared and is relayed: a server tells of tasks only who declared the extension. */
  readonly capabilities: JsonObject;
  /** A task as the server tells of it: `taskId` is one of `names`, the rest is unread. */
  told(task: JsonObject): void;
  /** What was said meanwhile nobody heard: the stream was down, or a message was too large for it. */
  missed(): void;
}

export type Watch = ResourceWatch | TaskWatch;

/** What a server tells of. */
export interface Subscription {
  /** Those of the URIs, or ids of tasks, that it agreed to. */
  readonly granted: readonly string[];
  end(): void;
}

/** A listener that is told of the changes of one server. */
export interface Watching {
  /** Resolves once the server tells of its changes, or where it never will; not before it is reached. */
  readonly open: Promise<void>;
  end(): void;
}

/** `session`: it asks on a session of several clients. `task`: it tells of a task of nobody who listens. `flood`: it tells of one faster than anybody reads. */
export type Unasked = 'session' | 'task' | 'flood';

export type ListName = 'tools' | 'prompts' | 'resources';

/** Where what a server says outside a call goes. Methods must not throw. */
export interface UpstreamListener {
  /**
   * A list changed: of tools, prompts and templates once it was read again and differs from what was known; of single resources once a second
   * while the server says so. `drifted`: what is pinned of it may differ from what is offered now (of single resources nothing is pinned).
   */
  listChanged(list: ListName, drifted: boolean): void;
  /** A resource that this session subscribed to changed. */
  updated(uri: string): void;
  /** `notifications/message` of a session of its own; never called for shared sessions. */
  log(params: JsonObject): void;
  /** A request of a session of its own; absent where its owner cannot be asked. */
  ask?: AskClient;
  /** `notifications/tasks/status`: of whichever task, which the listener finds among its own. */
  taskStatus?(params: JsonObject): void;
  /** `notifications/elicitation/complete` of a session of its own. */
  elicited?(params: JsonObject): void;
}

export interface UpstreamOwner {
  readonly principal: Principal;
  /** Null for modern clients and for the gateway's own needs. */
  readonly session: DownstreamSessionId | null;
  /** Told of what a session of its own says. Owners without a session watch instead. */
  readonly listener: UpstreamListener | null;
  /** Client capabilities that a stateful session of its own declares to the server; absent for none. */
  readonly capabilities?: JsonObject;
}

export interface Upstreams {
  /** The seam of DESIGN section 4: finds or starts the one session that this owner may use with this server. At once where it runs. */
  acquire(
    server: Registration,
    era: Era,
    owner: UpstreamOwner,
  ): Result<UpstreamSession, GatewayReason> | Promise<Result<UpstreamSession, GatewayReason>>;
  /** The session if it is already running: for lists, which must not start servers. */
  peek(server: Registration, era: Era, owner: UpstreamOwner): UpstreamSession | null;
  /**
   * Keeps the server's own list_changed stream open for this listener until it is ended, whatever becomes of the server meanwhile. For owners
   * without a session (`subscriptions/listen`): a stateless server tells of changes only while somebody listens.
   */
  watch(server: Registration, era: Era, owner: UpstreamOwner & { readonly listener: UpstreamListener }): Watching;
  /** Ends every upstream session that belongs to a client's session. */
  releaseSession(session: DownstreamSessionId): void;
  /** Ends every session of a server that was changed or removed. */
  releaseServer(server: Registration): void;
  status(): readonly {
    readonly server: string;
    readonly era: Era;
    readonly sessions: number;
    readonly state: 'ready' | 'idle' | 'failing';
    readonly detail: string | null;
    /** Starts that failed and sessions that ended by themselves. */
    readonly failuresLastHour: number;
  }[];
  close(): Promise<void>;
}
