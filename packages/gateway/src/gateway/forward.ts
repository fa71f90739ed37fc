import type { ServerId } from '../base/ids.ts';
import { LIMITS } from '../base/limits.ts';
import type { JsonObject } from '../contracts/json.ts';
import type { Registration } from '../contracts/registration.ts';
import type { Deny } from '../contracts/verdict.ts';
import { isObject, type Params, writeParamHeaders } from '../protocol/index.ts';
import { atServer } from './at-server.ts';
import type { Health } from './breakers.ts';
import { Cancellation } from './cancellation.ts';
import type { Answer } from './downstream/answer.ts';
import type { CallStream } from './downstream/call-stream.ts';
import type { Session } from './downstream/sessions.ts';
import type { Call } from './exchange.ts';
import { denied } from './guard.ts';
import { healthOf } from './health-of.ts';
import { isSevereEnough } from './log-level.ts';
import { CANCELLED } from './look-up.ts';
import type { Works } from './methods/works.ts';
import { DRIFTED, isOffered, unknownResource } from './offered.ts';
import { ownerFor } from './owner-for.ts';
import { errorOf } from './respond.ts';
import { declaredIn } from './reverse/capabilities.ts';
import { readUrlRequired, URL_REQUIRED } from './reverse/url-required.ts';
import { renewSubscriptions, roomToSubscribe, subscribe } from './subscriptions.ts';
import { isReachable } from './upstream/place.ts';
import type { UpstreamAnswer, UpstreamOwner, UpstreamRequest, UpstreamSession } from './upstream/upstream.ts';

export type Forwarded = { readonly progress: number } & (
  | { readonly kind: 'result'; readonly result: JsonObject; readonly text: string; readonly upstream: UpstreamSession }
  | { readonly kind: 'error'; readonly json: string; readonly code: number }
  | { readonly kind: 'denied'; readonly denied: Deny }
);

/** Takes a request whose exchange has every fact and whose intent is durable to its server, and comes back with what that said. */
export async function forward(call: Call, answer: Answer, works: Works): Promise<Forwarded> {
  const { exchange, target } = call;
  const server = exchange.snapshot.servers.get(target.server);
  if (!server) return refusedBefore({ verdict: 'deny', reason: 'gateway.upstream_unavailable' });
  const owner = ownerFor(exchange, target.server, works);
  // A task lives where it was begun: another process of its server does not know it, or knows another's by the same id.
  const { task } = call;
  if (task !== undefined && !isReachable(task.place) && works.upstreams.peek(server, task.era, owner)?.place !== task.place) {
    works.tasks.over(task);
    return refusedBefore(LOST_TASK);
  }
  const inFlight = track(call, answer);
  try {
    const there = atServer(server, exchange.principal.id, works);
    if ('verdict' in there) return refusedBefore(there);
    let health: Health = 'unknown';
    try {
      const forwarded = await sendTo(server, owner, { call, answer, inFlight }, works);
      health = healthOf(server, forwarded.kind === 'denied' ? forwarded.denied.reason : null);
      return forwarded;
    } finally {
      there.leave(health);
    }
  } finally {
    inFlight.done();
  }
}

interface Sending {
  readonly call: Call;
  readonly answer: Answer;
  readonly inFlight: InFlight;
}

async function sendTo(server: Registration, owner: UpstreamOwner, { call, answer, inFlight }: Sending, works: Works): Promise<Forwarded> {
  const { exchange, target } = call;
  const { session } = exchange.frame;
  const acquired = works.upstreams.acquire(server, exchange.frame.era, owner);
  const upstream = acquired instanceof Promise ? await acquired : acquired;
  if (!upstream.ok) return refusedBefore(denied(upstream));
  if (call.task !== undefined && upstream.value.place !== call.task.place) return refusedBefore(LOST_TASK);
  if (session !== null) await tellLevel(session, target.server, upstream.value);
  if (session?.subscriptions.has(target.server)) await renewSubscriptions(session, target.server, upstream.value);
  const full = roomToSubscribe(call);
  if (full !== null) return refusedBefore(full);
  const found = isOffered(call, upstream.value);
  const offered = found instanceof Promise ? await found : found;
  if (offered !== null) {
    if (DRIFTED.has(offered.reason)) works.onDrift(exchange.snapshot.tenant, target.server);
    return refusedBefore(offered);
  }
  const request = inRevision(requestOf(call, answer, inFlight), upstream.value.revision);
  const told = await (exchange.frame.plan.class === 'subscribe'
    ? subscribe(call, upstream.value, request)
    : upstream.value.request(request));
  if (!told.ok)
    return { kind: 'denied', denied: inFlight.controller.signal.aborted ? CANCELLED : denied(told), progress: inFlight.progress };
  if (told.value.kind === 'error' && isNotFound(call, told.value.code)) return refusedBefore(unknownResource(call));
  if (told.value.kind === 'error') return { ...serverError(call, told.value), progress: inFlight.progress };
  return { kind: 'result', result: told.value.result, text: told.value.text, upstream: upstream.value, progress: inFlight.progress };
}

async function tellLevel(session: Session, server: ServerId, upstream: UpstreamSession): Promise<void> {
  const { logLevel, toldLevel } = session;
  if (logLevel === null || toldLevel.get(server) === logLevel) return;
  toldLevel.set(server, logLevel);
  await upstream.setLogLevel(logLevel);
}

const LOST_TASK: Deny = { verdict: 'deny', reason: 'gateway.task_lost', detail: 'what ran it has ended, or is at another gateway' };

const refusedBefore = (denial: Deny): Forwarded => ({ kind: 'denied', denied: denial, progress: 0 });

interface InFlight {
  readonly controller: Cancellation;
  /** Null for a client without a session, which cannot be asked. */
  readonly stream: CallStream | null;
  progress: number;
  done(): void;
}

// Legacy: a lost connection is no cancellation, `notifications/cancelled` is. Modern: the closed response is the cancellation.
function track(call: Call, answer: Answer): InFlight {
  const { frame } = call.exchange;
  const controller = new Cancellation();
  const key = JSON.stringify(frame.id);
  const { session } = frame;
  if (session === null) answer.onGone(() => controller.abort());
  const stream = session === null ? null : callStream(call, answer);
  if (session !== null && stream !== null) {
    session.inFlight.set(key, controller);
    session.calls.add(stream);
  }
  return {
    controller,
    stream,
    progress: 0,
    done() {
      if (session === null || stream === null) return;
      session.inFlight.delete(key);
      session.calls.delete(stream);
      stream.over = true;
      session.asks.endOf(stream);
    },
  };
}

const callStream = (call: Call, answer: Answer): CallStream => ({
  server: call.target.server,
  exchange: call.exchange.id,
  target: call.target,
  arguments: call.task?.arguments ?? call.arguments,
  asked: 0,
  over: false,
  notify: (text) => answer.notify(text),
});

function requestOf(call: Call, answer: Answer, inFlight: InFlight): UpstreamRequest {
  const { frame } = call.exchange;
  const progressToken = 'progressToken' in frame.params ? frame.params.progressToken : null;
  const level = frame.meta?.logLevel ?? null;
  const tell = (method: string, params: JsonObject): void => {
    if (inFlight.progress >= LIMITS.notificationsPerCall) return;
    inFlight.progress += 1;
    answer.notify(JSON.stringify({ jsonrpc: '2.0', method, params }));
  };
  return {
    method: frame.method,
    params: { ...paramsOf(call), ...roundOf(call) },
    // The result of a task may be waited for.
    timeoutMs: frame.method === 'tasks/result' ? LIMITS.callTotalMs : LIMITS.callMs,
    signal: inFlight.controller.signal,
    // The client's own token comes back to it; the server has only ever seen ours.
    onProgress: progressToken !== null ? (params) => tell('notifications/progress', { ...params, progressToken }) : null,
    log: level !== null ? { level, onMessage: (params) => isSevereEnough(params, level) && tell('notifications/message', params) } : null,
    paramHeaders: call.target.kind === 'tool' ? writeParamHeaders(call.arguments, call.target.paramHeaders) : {},
    ...(inFlight.stream === null ? {} : { origin: inFlight.stream }),
    onParked: (retryMs) => answer.park(retryMs),
    ...(frame.era === 'modern' ? { capabilities: declaredIn(frame) } : {}),
    ...tracedOn(call),
  };
}

/** What a server of this revision does not know is left out (MCP 2025-06-18 brought the context of a completion). */
function inRevision(request: UpstreamRequest, revision: string): UpstreamRequest {
  if (revision !== '2025-03-26' || request.method !== 'completion/complete') return request;
  const { context: _, ...params } = request.params;
  return { ...request, params };
}

// At most as long as a task is kept here.
const wishOf = (params: Params): JsonObject =>
  params.kind === 'call' && params.task !== undefined ? { task: { ttl: Math.min(params.task.ttl ?? LIMITS.taskMs, LIMITS.taskMs) } } : {};

// With traces made here, the server's part hangs below ours; without, below the client's own.
function tracedOn({ exchange: { span, frame } }: Call): Pick<UpstreamRequest, 'traced'> {
  const traced = span?.context ?? frame.traced;
  return traced === undefined ? {} : { traced };
}

function roundOf({ round }: Call): JsonObject {
  if (round === undefined) return {};
  const { responses, state } = round;
  return { ...(responses === null ? {} : { inputResponses: responses }), ...(state === null ? {} : { requestState: state }) };
}

/** What the server is asked, in its own names. */
function paramsOf({ exchange: { frame }, target, arguments: given, task }: Call): JsonObject {
  switch (frame.plan.class) {
    case 'task':
      return { ...given, taskId: task?.upstreamId ?? '' };
    case 'read':
    case 'subscribe':
      return { uri: target.name };
    case 'complete':
      return {
        ref: target.kind === 'prompt' ? { type: 'ref/prompt', name: target.name } : { type: 'ref/resource', uri: target.name },
        argument: given['argument'] ?? null,
        ...(given['context'] === undefined ? {} : { context: { arguments: given['context'] } }),
      };
    default:
      return { name: target.name, arguments: given, ...wishOf(frame.params) };
  }
}

// A server's words for "there is none" would tell a resource that is hidden from one that is not there (MCP 2025-11-25: -32002, 2026-07-28: -32602).
const isNotFound = ({ target }: Call, code: number): boolean => target.kind === 'resource' && (code === -32002 || code === -32602);

// The server's words reach the client as an error of its call. Its data is part of the protocol (-32021 names what is missing), with our reference in it.
function serverError(call: Call, { code, message, data }: Extract<UpstreamAnswer, { readonly kind: 'error' }>): ServerError {
  const { exchange } = call;
  const told = code === URL_REQUIRED ? readUrlRequired(call, data) : data === undefined ? {} : isObject(data) ? data : { data };
  if ('verdict' in told) return { kind: 'denied', denied: told as Deny };
  return { kind: 'error', code, json: errorOf(exchange.frame.id, { code, message, data: { ...told, ref: exchange.id } }) };
}

type ServerError =
  | { readonly kind: 'error'; readonly json: string; readonly code: number }
  | { readonly kind: 'denied'; readonly denied: Deny };
