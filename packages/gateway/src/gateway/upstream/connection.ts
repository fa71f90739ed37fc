import type { Clock } from '../../base/clock.ts';
import type { Result } from '../../base/result.ts';
import type { JsonObject, JsonValue } from '../../contracts/json.ts';
import type { GatewayReason } from '../../contracts/reasons/gateway.ts';
import type { Era } from '../../contracts/target.ts';
import type { LargeReader } from '../../protocol/index.ts';
import type { AskClient } from './asks.ts';
import type { Outcome } from './calls.ts';
import type { ListName, Subscription, UpstreamRequest, Watch } from './upstream.ts';

/** What a server said of itself. Untrusted text, never a ground for a decision (MCP 2026-07-28, clientInfo and serverInfo). */
export interface ServerFacts {
  readonly era: Era;
  readonly revision: string;
  /** All revisions of this era that it is known to speak, newest first. */
  readonly revisions: readonly string[];
  readonly serverInfo: JsonObject;
  readonly capabilities: JsonObject;
}

/** One conversation with a server, over whichever transport. */
export interface Connection {
  readonly facts: ServerFacts;
  request(request: UpstreamRequest): Promise<Outcome>;
  setLogLevel(level: string): Promise<void>;
  /** Sends a notification of the client's. */
  tell(method: string, params: JsonObject): void;
  /** Opens what tells of changed lists: a GET stream (legacy HTTP) or `subscriptions/listen` (modern). Nothing where stdio tells anyway. */
  watch(): void;
  unwatch(): void;
  /**
   * A stateless server's word on resources or tasks: a `subscriptions/listen` of its own for each caller, so that nobody hears of what another asked for.
   * A stateful server is asked by `resources/subscribe` instead, and this fails with `gateway.upstream_era`.
   */
  subscribe(watch: Watch): Promise<Result<Subscription, GatewayReason>>;
  /** Resolves, with what happened in words for operators, once it cannot be used any more. */
  readonly closed: Promise<string>;
  close(): Promise<void>;
}

/** What an acknowledgement names. */
export type Granted = Readonly<Record<Watch['kind'], readonly string[]>>;

/** What a server says outside calls. Methods must not throw. */
export interface ConnectionEvents {
  listChanged(list: ListName): void;
  /** What `watch` opens is open, or open again after it had ended: what changed meanwhile nobody told. */
  watching(): void;
  /** A stateful session ended at the server and was opened again: what was asked for in the old one is not known there. */
  renewed(): void;
  /** A resource changed. `subscription`: the id of the listen request that it is told under; null in the stateful revisions. */
  updated(uri: string, subscription: JsonValue): void;
  /** Which of the resources and tasks that a listen request named the server will tell of. */
  acknowledged(granted: Granted, subscription: JsonValue): void;
  /** A stateless server's word on a task, unread. `subscription` as above; null where it came outside every listen stream. */
  task(params: JsonObject, subscription: JsonValue): void;
  /** `notifications/message` that no call asked for. */
  log(params: JsonObject): void;
  /** Null where nobody can be asked. */
  readonly ask: AskClient | null;
  elicited(params: JsonObject): void;
  taskStatus(params: JsonObject): void;
}

export interface ConnectOptions {
  readonly clock: Clock;
  /** Client capabilities that are declared to the server. */
  readonly capabilities: JsonObject;
  readonly events: ConnectionEvents;
  readonly startMs: number;
  /** Reads the messages of servers that are large. */
  readonly large: LargeReader;
}

export type Connecting = Promise<Result<Connection, GatewayReason>>;

export const CLIENT_INFO: JsonObject = { name: 'sallyport', version: '0.1.0' };

/** Most calls that one connection has open at a time. */
export const CALLS_PER_CONNECTION = 256;
