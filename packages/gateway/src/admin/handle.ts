import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../base/clock.ts';
import { DEFAULT_TENANT, type ExchangeId, ulid } from '../base/ids.ts';
import type { Logger } from '../base/log.ts';
import { failure } from '../base/result.ts';
import type { JsonObject, JsonValue } from '../contracts/json.ts';
import type { Principal } from '../contracts/principal.ts';
import type { Reason } from '../contracts/reasons/index.ts';
import type { Readiness } from '../http/index.ts';
import { isOperatorsOnly, mayUse } from './access.ts';
import { tellingOf } from './answers.ts';
import type { Attempts } from './attempts.ts';
import type { ErrorBody } from './contract/error.ts';
import type { AdminDoors } from './doors.ts';
import { ADMIN_LIMITS } from './limits.ts';
import { mistakeFields } from './mistake-fields.ts';
import { refuseReach } from './reach.ts';
import type { Entry, Recorder } from './recorder.ts';
import { bearerToken, type FieldProblem, readInput, refuseBody } from './request.ts';
import type { Seldom } from './seldom.ts';
import { sendStream } from './send-stream.ts';
import type { Answer, Outcome, Stream, Verb } from './verb.ts';
import { MASK, withoutSecrets } from './without-secrets.ts';

/** How a request came: what it may claim about itself depends on it. */
export interface Arrival {
  /** The peer's address, or `socket`. */
  readonly place: string;
  /** False: its Host or Origin is not one of the listener's. */
  readonly hostAllowed: boolean;
  readonly originAllowed: boolean;
}

export interface Handling {
  readonly doors: AdminDoors;
  readonly clock: Clock;
  readonly log: Logger;
  readonly recorder: Recorder;
  readonly attempts: Attempts;
  /** Ends when the listener closes. */
  readonly closing: AbortSignal;
  readonly streams: { open: number };
  readonly document: () => JsonObject;
  readonly ready: Readiness;
  readonly seldom: Seldom;
}

interface Refusal {
  readonly reason: Reason;
  readonly detail?: string;
  readonly fields?: readonly FieldProblem[];
  readonly retryAfterSeconds?: number;
}

interface Context {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly arrival: Arrival;
  readonly id: ExchangeId;
  /** Null where no route fits. */
  readonly verb: Verb | null;
  readonly params: Readonly<Record<string, unknown>>;
}

/** One request from its head to its answer. Whatever happens inside, an answer of the table leaves and a record stays. */
export async function handle(handling: Handling, context: Omit<Context, 'id'>): Promise<void> {
  const full = { ...context, id: ulid(handling.clock.now()) as ExchangeId };
  try {
    await guarded(handling, full);
  } catch (error) {
    handling.log.error('admin.fault', { ref: full.id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    if (full.response.headersSent) full.response.destroy();
    else sendRefusal(full, { reason: 'admin.fault' });
  }
}

async function guarded(handling: Handling, context: Context): Promise<void> {
  const principal = await identify(handling, context);
  if (principal === null) return;
  const { verb } = context;
  const refusal = refuse(context, verb, principal);
  if (verb === null || refusal !== null) return refuseKnown(handling, context, principal, refusal ?? { reason: 'admin.route_unknown' });
  const input = await readInput(context.request, verb, context.params);
  if (!input.ok) return refuseKnown(handling, context, principal, input);
  const beyond = await refuseReach({ verb: verb.name, principal, input: input.value, doors: handling.doors });
  if (beyond !== null) return refuseKnown(handling, context, principal, told(handling, context, beyond));
  const request = withoutSecrets({
    params: input.value.params,
    query: input.value.query as JsonValue,
    body: verb.unrecordedBody === true ? MASK : (input.value.body as JsonValue),
  });
  const { purpose } = input.value;
  const entry = entryOf(context, principal, { request, ...(purpose === null ? {} : { purpose }) });
  const call = {
    id: context.id,
    principal,
    doors: signed(handling.doors, principal, verb),
    clock: handling.clock,
    document: handling.document,
    ...input.value,
  };
  if (verb.recorded === 'hourly') return glance(handling, context, entry, () => verb.run(call));
  if (verb.method === 'GET') return look(handling, context, entry, () => verb.run(call));
  return act(handling, context, entry, () => verb.run(call));
}

/** What is put in force is put in force by somebody, and by something. */
const signed = (doors: AdminDoors, { id, tenant: own }: Principal, { action }: Verb): AdminDoors => ({
  ...doors,
  apply: (_by, tenant = own) => doors.apply({ author: id, cause: action }, tenant),
  configuring: own === DEFAULT_TENANT ? doors.configuring : { ...doors.configuring, ...NO_FILE },
});

/** The file is the default tenant's: it owns nothing of another. */
const NO_FILE: Pick<AdminDoors['configuring'], 'ownerOf' | 'grants' | 'propose' | 'members'> = {
  ownerOf: () => null,
  grants: () => [],
  propose: () => failure('admin.operator_only'),
  members: () => new Map(),
};

/** Who asks. Everything that is refused here is counted by place and recorded, folded where it is too much. */
async function identify(handling: Handling, context: Context): Promise<Principal | null> {
  const { attempts, doors } = handling;
  const { place, hostAllowed, originAllowed } = context.arrival;
  if (!hostAllowed) return refuseUnknown(handling, context, { reason: 'http.host_not_allowed' });
  if (!originAllowed) return refuseUnknown(handling, context, { reason: 'http.origin_not_allowed' });
  const token = bearerToken(context.request);
  const identified = token.ok ? await doors.identity.identify(token.value, place === 'socket' ? '127.0.0.1' : place) : token;
  if (identified.ok) return identified.value;
  // Whoever proves who they are is let in even so: else anybody on this machine could lock the administrators out.
  const retryAfterSeconds = attempts.waitSeconds(place);
  if (retryAfterSeconds > 0) return refuseUnknown(handling, context, { reason: 'admin.too_many_attempts', retryAfterSeconds });
  if (identified.reason !== 'identity.unavailable') attempts.failed(place);
  return refuseUnknown(handling, context, identified);
}

function refuse(context: Context, verb: Verb | null, principal: Principal): Refusal | null {
  if (verb === null) return { reason: 'admin.route_unknown' };
  if (!mayUse(principal.roles, verb.name)) return { reason: 'identity.role_required' };
  if (isOperatorsOnly(verb.name) && principal.tenant !== DEFAULT_TENANT) return { reason: 'admin.operator_only' };
  // Its list names methods of MCP, none of which administers: a key made for calls is not one for this door as well.
  if (principal.credential.methods !== null) return { reason: 'admin.key_for_methods' };
  const body = refuseBody(context.request, verb);
  return body === null ? null : { reason: body };
}

/** Reading: its record is durable before the first byte of the answer. */
async function look(handling: Handling, context: Context, entry: Entry, run: () => Promise<Outcome>): Promise<void> {
  const outcome = await run();
  const status = outcome.ok ? 'ok' : 'error';
  const recorded = await handling.recorder.write({ ...entry, status, reason: outcome.ok ? null : outcome.reason });
  if (!recorded.ok) return sendRefusal(context, recorded);
  if (!outcome.ok) return sendRefusal(context, told(handling, context, outcome));
  if ('stream' in outcome.value) return follow(handling, context, outcome.value.stream);
  send(context.response, statusOf(context), outcome.value.body);
}

/**
 * Reading what machines read every few seconds. It is answered where nothing can be recorded too: that is when it is needed, and the reader
 * has shown a key.
 */
async function glance(handling: Handling, context: Context, entry: Entry, run: () => Promise<Outcome>): Promise<void> {
  const outcome = await run();
  const reads = handling.seldom.due(entry.principal?.credential.id ?? '');
  if (reads !== null) {
    const recorded = await handling.recorder.write({ ...entry, status: outcome.ok ? 'ok' : 'error', details: { ...entry.details, reads } });
    if (!recorded.ok) handling.log.warn('admin.not_recorded', { ref: context.id, reason: recorded.reason });
  }
  if (!outcome.ok) return sendRefusal(context, told(handling, context, outcome));
  if ('body' in outcome.value) send(context.response, statusOf(context), outcome.value.body, context.verb);
}

const statusOf = ({ verb }: Context): number => verb?.gives.status ?? 200;

/** Acting: one record before the effect, one after it that names the first. Without the first nothing happens. */
async function act(handling: Handling, context: Context, entry: Entry, run: () => Promise<Outcome>): Promise<void> {
  const intent = await handling.recorder.write(entry);
  if (!intent.ok) return sendRefusal(context, intent);
  const outcome = await settled(handling, context, run);
  const answer = outcome.ok && 'body' in outcome.value ? outcome.value : null;
  const closing = { ...closed(entry, answer, outcome), intent: intent.value.index };
  const recorded = await handling.recorder.write(closing);
  if (!outcome.ok) return sendRefusal(context, told(handling, context, outcome));
  if (!recorded.ok || answer === null) return sendRefusal(context, recorded.ok ? { reason: 'admin.fault' } : recorded);
  send(context.response, statusOf(context), answer.body);
}

/** A verb that throws after its intent was recorded still closes it. */
async function settled(handling: Handling, context: Context, run: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await run();
  } catch (error) {
    handling.log.error('admin.fault', { ref: context.id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    return { ok: false, reason: 'admin.fault' };
  }
}

function closed(entry: Entry, answer: Answer | null, outcome: Outcome): Entry {
  const { before = null, after = null } = answer?.changed ?? {};
  return {
    ...entry,
    object: answer?.object ?? entry.object,
    status: outcome.ok ? 'ok' : 'error',
    reason: outcome.ok ? null : outcome.reason,
    details: { ...withoutRequest(entry.details), before: withoutSecrets(before), after: withoutSecrets(after) },
  };
}

const withoutRequest = (details: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(details).filter(([name]) => name !== 'request'));

async function follow(handling: Handling, context: Context, stream: Stream['stream']): Promise<void> {
  const { streams, closing } = handling;
  if (streams.open >= ADMIN_LIMITS.streams) return sendRefusal(context, { reason: 'admin.too_many_streams', retryAfterSeconds: 30 });
  const gone = new AbortController();
  context.response.once('close', () => gone.abort());
  const signal = AbortSignal.any([closing, gone.signal]);
  streams.open += 1;
  try {
    await sendStream(context.response, stream, signal);
  } finally {
    streams.open -= 1;
  }
}

/** Details of failures are for the record's readers; they are answered only where the table says that they are our own words. */
function told(handling: Handling, context: Context, failed: Refusal): Refusal {
  if (tellingOf(failed.reason).status >= 500)
    handling.log.error('admin.failed', { ref: context.id, reason: failed.reason, detail: failed.detail ?? null });
  return failed;
}

function entryOf(context: Context, principal: Principal | null, details: JsonObject): Entry {
  const id = context.params['id'];
  return {
    kind: 'administration',
    id: context.id,
    principal,
    action: context.verb?.action ?? null,
    object: context.verb !== null && typeof id === 'string' ? id.slice(0, 64) : null,
    status: null,
    reason: null,
    intent: null,
    details: { name: principal?.name ?? null, address: context.arrival.place, ...details },
  };
}

async function refuseKnown(handling: Handling, context: Context, principal: Principal, refusal: Refusal): Promise<void> {
  const entry = entryOf(context, principal, { request: requestLine(context.request), detail: refusal.detail ?? null });
  const recorded = await handling.recorder.write({ ...entry, kind: 'refusal', object: null, status: 'refused', reason: refusal.reason });
  sendRefusal(context, recorded.ok ? refusal : recorded);
}

async function refuseUnknown(handling: Handling, context: Context, refusal: Refusal): Promise<null> {
  const entry = entryOf(context, null, { request: requestLine(context.request) });
  const kind = refusal.reason.startsWith('identity.') ? 'authentication' : 'refusal';
  const refused = { ...entry, kind, object: null, status: 'refused', reason: refusal.reason } as const;
  const recorded = await handling.recorder.refuse(context.arrival.place, refused);
  sendRefusal(context, recorded.ok ? refusal : recorded);
  return null;
}

/** Method and path, never the query: a credential may stand there. */
const requestLine = (request: IncomingMessage): string =>
  `${request.method ?? ''} ${(request.url ?? '').split('?', 1)[0]?.slice(0, 256) ?? ''}`;

function sendRefusal(context: Context, refusal: Refusal): void {
  const telling = tellingOf(refusal.reason);
  const { response, request } = context;
  const detail = telling.shown === true ? (refusal.detail ?? null) : null;
  const fields = refusal.fields ?? (detail === null ? null : mistakeFields(detail));
  const message = detail === null || fields !== null ? telling.text : `${telling.text}: ${detail.slice(0, 512)}.`;
  const body: ErrorBody = {
    error: { reason: refusal.reason, message, ref: context.id, ...(fields === null ? {} : { fields: [...fields] }) },
  };
  if (telling.status === 401) response.setHeader('www-authenticate', 'Bearer realm="sallyport-admin"');
  if (refusal.retryAfterSeconds !== undefined) response.setHeader('retry-after', String(refusal.retryAfterSeconds));
  // What is left of a body is not read: the connection cannot be used again.
  if (!request.complete) response.setHeader('connection', 'close');
  send(response, telling.status, body as unknown as JsonObject);
}

function send(response: ServerResponse, status: number, body: JsonValue, verb: Verb | null = null): void {
  const text = verb !== null && 'text' in verb.gives ? verb.gives.text : null;
  response.writeHead(status, { 'content-type': text ?? 'application/json; charset=utf-8' });
  response.end(text === null ? JSON.stringify(body) : String(body));
}
