import { LIMITS } from '../../base/limits.ts';
import { type Failure, type Result, success } from '../../base/result.ts';
import type { JsonObject, JsonValue } from '../../contracts/json.ts';
import type { Reason } from '../../contracts/reasons/index.ts';
import type { ProtocolReason } from '../../contracts/reasons/protocol.ts';
import type { Era } from '../../contracts/target.ts';
import type { Deny, GuardVerdict } from '../../contracts/verdict.ts';
import {
  type CheckedParams,
  checkBatch,
  checkHeaders,
  classify,
  type Headers,
  idOf,
  isLegacyRevision,
  type LargeJson,
  type LargeReader,
  legacyRevision,
  MODERN,
  negotiate,
  parseStrict,
  planOf,
  type Revision,
  type RpcBatch,
  type RpcErrorResponse,
  type RpcNotification,
  type RpcRequest,
  type RpcResult,
  readTraceContext,
  rulesOf,
} from '../../protocol/index.ts';
import type { Session, Sessions } from '../downstream/sessions.ts';
import type { Frame, LinePlan, With } from '../exchange.ts';
import { denied, type Guard } from '../guard.ts';
import { HANDLE_KEY } from '../holds.ts';

type Framed = GuardVerdict<Frame>;
type Known = With<'endpoint' | 'principal'>;

const STREAM: LinePlan = { class: 'stream', units: 0 };
const END: LinePlan = { class: 'end', units: 1 };
const ANSWER: LinePlan = { class: 'answer', units: 0 };
const PLAIN: CheckedParams = { params: { kind: 'plain' }, meta: null };
const VERSION_KEY = 'io.modelcontextprotocol/protocolVersion';

/** Only now the body: bytes become one message of one revision, in its session where the revision has them. */
export function frame(sessions: Sessions, large: LargeReader): Guard<'endpoint' | 'principal', 'frame'> {
  return {
    name: 'frame',
    needs: ['endpoint', 'principal'],
    adds: 'frame',
    check(exchange) {
      if (exchange.endpoint === null) return deny('http.not_found');
      return exchange.http.verb === 'POST' ? framePost(exchange, sessions, large) : frameVerb(exchange, sessions);
    },
  };
}

const deny = (reason: Reason, detail?: string): Deny => ({ verdict: 'deny', reason, ...(detail === undefined ? {} : { detail }) });

// GET and DELETE exist in the legacy era only, and only within a session (MCP 2026-07-28 answers them with 405).
function frameVerb(exchange: Known, sessions: Sessions): Framed {
  const { http } = exchange;
  if (http.headers['mcp-protocol-version'] === MODERN) return deny('http.method_not_allowed', http.verb);
  const session = sessionOf(exchange, sessions);
  if (session === null || 'verdict' in session) return session ?? deny('protocol.session_required');
  const revision = legacyRevision(http.headers, legacy(session.revision));
  if (!revision.ok) return denied(revision);
  const [kind, plan, method] = http.verb === 'GET' ? (['stream', STREAM, 'GET'] as const) : (['end', END, 'DELETE'] as const);
  return pass({
    ...PLAIN,
    kind,
    id: null,
    method,
    plan,
    handle: null,
    revision: revision.value,
    era: 'legacy',
    session,
    bytes: 0,
    argumentsDigest: null,
  });
}

async function framePost(exchange: Known, sessions: Sessions, large: LargeReader): Promise<Framed> {
  const body = await exchange.http.readBody();
  if (!body.ok) return denied(body);
  const parsed = await readJson(body.value, large);
  if (!parsed.ok) return denied(parsed);
  const read: Read = { bytes: body.value.length, argumentsDigest: parsed.value.argumentsDigest };
  const message = classify(parsed.value.value);
  if (!message.ok)
    return withId(
      { ...denied(message), ...(message.detail === undefined ? {} : { shown: message.detail }) },
      idOf(parsed.value.value),
      'modern',
    );
  if (message.value.kind === 'batch') return splitBatch(exchange, sessions, message.value);
  if (message.value.kind === 'result' || message.value.kind === 'error') return frameAnswer(exchange, sessions, message.value, read);
  return isModern(message.value, exchange.http.headers)
    ? frameModern(exchange, message.value, read)
    : frameLegacy(exchange, sessions, message.value, read);
}

// 2025-03-26 alone has batches; a later session that sends one is refused whole.
function splitBatch(exchange: Known, sessions: Sessions, { items }: RpcBatch): Framed {
  if (exchange.http.headers['mcp-protocol-version'] === MODERN) return deny('protocol.batch_not_supported');
  const session = sessionOf(exchange, sessions);
  if (session !== null && 'verdict' in session) return session;
  if (session !== null && session.revision !== BATCHING) return deny('protocol.batch_not_supported');
  const members = checkBatch(items);
  if (!members.ok) return shownFailure(members);
  if (session === null) return deny('protocol.session_required');
  return { ...deny('protocol.batch_not_supported'), members: members.value.map((member) => JSON.stringify(member)) };
}

const BATCHING: Revision = '2025-03-26';

function readJson(bytes: Uint8Array, large: LargeReader): ReturnType<LargeReader['read']> | Result<LargeJson, ProtocolReason> {
  if (bytes.length > LIMITS.largeBytes) return large.read(bytes);
  const parsed = parseStrict(bytes);
  return parsed.ok ? success({ ...parsed.value, argumentsDigest: null }) : parsed;
}

type Spoken = RpcRequest | RpcNotification;
/** What is known of the body besides its message. */
type Read = Pick<Frame, 'bytes' | 'argumentsDigest'>;

// The body is the source of truth; the header decides only where the body says nothing.
function isModern({ params, method }: Spoken, headers: Headers): boolean {
  const meta = params?.['_meta'];
  if (typeof meta === 'object' && meta !== null && VERSION_KEY in meta) return true;
  return method !== 'initialize' && headers['mcp-protocol-version'] === MODERN;
}

function frameModern(exchange: Known, message: Spoken, read: Read): Framed {
  const id = message.kind === 'request' ? message.id : null;
  const refuse = (denial: Deny): Deny => ({ ...denial, of: { id, era: 'modern' } });
  const plan = planOf(message.method, MODERN, 'client');
  // Body first, then headers, then the method: the order in which the revision's errors are told.
  const checked = rulesOf(MODERN).checkParams(message.method, message.params);
  if (!checked.ok && ENVELOPE.has(checked.reason)) return refuse(contradicted(exchange.http.headers, checked) ?? shownFailure(checked));
  const headers =
    message.kind === 'request'
      ? checkHeaders(exchange.http.headers, { method: message.method, params: message.params, revision: MODERN })
      : null;
  if (headers?.ok === false) return refuse(shownFailure(headers));
  if (plan === null || plan.kind !== message.kind) return refuse(deny('protocol.unknown_method', message.method));
  if (!plan.built) return refuse(deny('protocol.method_not_built', message.method));
  if (!checked.ok) return refuse(shownFailure(checked));
  return pass({
    ...checked.value,
    kind: message.kind,
    id,
    method: message.method,
    plan,
    handle: handleOf(message.params),
    revision: MODERN,
    era: 'modern',
    session: null,
    ...read,
    ...tracedOf(exchange, message),
  });
}

function frameLegacy(exchange: Known, sessions: Sessions, message: Spoken, read: Read): Framed {
  const id = message.kind === 'request' ? message.id : null;
  const refuse = (denial: Deny): Deny => ({ ...denial, of: { id, era: 'legacy' } });
  const session = message.method === 'initialize' ? null : sessionOf(exchange, sessions);
  if (session !== null && 'verdict' in session) return refuse(session);
  if (session === null && message.method !== 'initialize' && message.method !== 'ping') return refuse(deny('protocol.session_required'));
  const revision = revisionOf(exchange.http.headers, message, session);
  if (typeof revision !== 'string') return refuse(revision);
  const plan = planOf(message.method, revision, 'client');
  if (plan === null || plan.kind !== message.kind) return refuse(deny('protocol.unknown_method', message.method));
  if (!plan.built) return refuse(deny('protocol.method_not_built', message.method));
  const checked = rulesOf(revision).checkParams(message.method, message.params);
  if (!checked.ok) return refuse(shownFailure(checked));
  if (id !== null && session?.inFlight.has(JSON.stringify(id))) return refuse(deny('protocol.id_in_use'));
  return pass({
    ...checked.value,
    kind: message.kind,
    id,
    method: message.method,
    plan,
    handle: handleOf(message.params),
    revision,
    era: 'legacy',
    session,
    ...read,
    ...tracedOf(exchange, message),
  });
}

function tracedOf({ http }: Known, { params }: Spoken): Pick<Frame, 'traced'> {
  const traced = readTraceContext(http.headers, params);
  return traced === null ? {} : { traced };
}

// To what a server asked. Which request it answers is looked up in the caller's own session only.
function frameAnswer(exchange: Known, sessions: Sessions, message: RpcResult | RpcErrorResponse, read: Read): Framed {
  if (exchange.http.headers['mcp-protocol-version'] === MODERN) return deny('protocol.invalid_message', 'an answer in the stateless era');
  const session = sessionOf(exchange, sessions);
  if (session === null || 'verdict' in session) return session ?? deny('protocol.session_required');
  return pass({
    params: { kind: 'answer', message },
    meta: null,
    kind: 'answer',
    id: null,
    method: 'answer',
    plan: ANSWER,
    handle: null,
    revision: session.revision,
    era: 'legacy',
    session,
    ...read,
  });
}

function sessionOf({ http, principal, endpoint }: Known, sessions: Sessions): Session | Deny | null {
  const id = http.headers['mcp-session-id'];
  if (id === undefined) return null;
  return (typeof id === 'string' ? sessions.find(id, principal, endpoint?.server ?? null) : null) ?? deny('protocol.session_unknown');
}

function revisionOf(headers: Headers, message: Spoken, session: Session | null): Revision | Deny {
  if (message.method === 'initialize') return negotiate(String(message.params?.['protocolVersion']));
  const revision = legacyRevision(headers, session === null ? null : legacy(session.revision));
  return revision.ok ? revision.value : shownFailure(revision);
}

/** What the envelope of a modern request lacks is told before anything else about it. */
const ENVELOPE: ReadonlySet<Reason> = new Set(['protocol.missing_meta', 'protocol.unsupported_version']);

// Two versions in one request: which of them is meant has to be told before whether it is spoken here (MCP 2026-07-28, transports).
function contradicted(headers: Headers, { reason, detail }: Failure<Reason>): Deny | null {
  const sent = headers['mcp-protocol-version'];
  if (reason !== 'protocol.unsupported_version' || sent === undefined || sent === detail) return null;
  return { verdict: 'deny', reason: 'protocol.header_mismatch', detail: 'MCP-Protocol-Version', shown: 'MCP-Protocol-Version' };
}

function handleOf(params: JsonObject | null): string | null {
  const meta: JsonValue | undefined = params?.['_meta'];
  const handle = typeof meta === 'object' && meta !== null && !Array.isArray(meta) ? (meta as JsonObject)[HANDLE_KEY] : undefined;
  return typeof handle === 'string' ? handle : null;
}

const legacy = (revision: Revision) => (isLegacyRevision(revision) ? revision : null);

const shownFailure = (failed: { readonly ok: false; readonly reason: Reason; readonly detail?: string }): Deny =>
  failed.detail === undefined ? denied(failed) : { ...denied(failed), shown: failed.detail };

const withId = (denial: Deny, id: string | number | null, era: Era): Deny => (id === null ? denial : { ...denial, of: { id, era } });

const pass = (fact: Frame): Framed => ({ verdict: 'pass', fact });
