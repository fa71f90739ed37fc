import type { PublicPart } from '@sallyport/ledger';
import type { Clock } from '../base/clock.ts';
import type { TenantId } from '../base/ids.ts';
import type { JournalEntry } from '../contracts/journal.ts';
import type { JsonObject } from '../contracts/json.ts';
import type { Principal } from '../contracts/principal.ts';
import type { Target } from '../contracts/target.ts';
import type { Deny } from '../contracts/verdict.ts';
import { decidedWith } from './decided.ts';
import type { Session } from './downstream/sessions.ts';
import type { Call, Exchange, Partially } from './exchange.ts';
import { digestOfInputs, type Judged, judged, judgedWith, type Keyed } from './judged.ts';

type Draft = { -readonly [K in keyof Omit<PublicPart, 'sealed'>]: Omit<PublicPart, 'sealed'>[K] };

// Every key from the start, so that all records of exchanges have one shape: whoever reads them on the way to the disk has then seen all there is.
function blank(exchange: Partially, kind: PublicPart['kind'], now: number): Draft {
  const every: { [K in keyof Required<Draft>]: Draft[K] | undefined } = {
    v: 1,
    kind,
    tenant: exchange.snapshot.tenant,
    id: exchange.id,
    time: now,
    via: 'mcp',
    principal: undefined,
    credential: undefined,
    method: undefined,
    revision: undefined,
    server: undefined,
    tool: undefined,
    prompt: undefined,
    template: undefined,
    pin: undefined,
    decision: undefined,
    snapshot: undefined,
    guards: undefined,
    status: undefined,
    reason: undefined,
    argumentsDigest: undefined,
    resultDigest: undefined,
    resultBytes: undefined,
    durationUs: undefined,
    intent: undefined,
    parent: undefined,
    count: undefined,
    action: undefined,
    object: undefined,
  };
  // Keys that are undefined are absent (`PublicPart`).
  return every as Draft;
}

/** What every record of an exchange says, as far as the exchange came. */
function draftOf(exchange: Partially, kind: PublicPart['kind'], now: number): Draft {
  const { principal, frame, target } = exchange;
  const draft = blank(exchange, kind, now);
  draft.snapshot = exchange.snapshot.digest;
  draft.guards = exchange.trace;
  if (principal) {
    draft.principal = principal.id;
    draft.credential = principal.credential.id;
  }
  if (frame) {
    draft.method = frame.method;
    draft.revision = frame.revision;
  }
  if (target) {
    draft.server = target.server;
    if (target.digest !== null) draft.pin = target.digest;
    nameTarget(draft, target);
  }
  return draft;
}

// A URI is as much the client's own as an argument: it is sealed, and the template that made it is named.
function nameTarget(draft: Draft, { kind, name }: Target): void {
  if (kind === 'tool') draft.tool = name;
  else if (kind === 'prompt') draft.prompt = name;
  else if (kind === 'template') draft.template = name;
}

/** The decision of a call, or of the refusal that kept it from being one. */
function judgedIn({ snapshot, principal, target, decision }: Partially, denied: Deny | null): Judged | null {
  if (!principal) return null;
  const of = denied?.decided;
  if (of?.inputs !== undefined) return judgedWith({ decision: of.decision, inputs: of.inputs });
  if (of !== undefined) return judged(snapshot, principal, of.action, of.target, of.decision);
  return decision && target ? judged(snapshot, principal, 'call', target, decision) : null;
}

function publicly(was: Judged, tenant: TenantId, keyed: Keyed): NonNullable<PublicPart['decision']> {
  const { effect, policies, version } = was.decision;
  return { effect, inputs: digestOfInputs(was, tenant, keyed), policies, version };
}

/** Names, addresses, arguments and what was judged: only for holders of the audit key. */
function secretOf(exchange: Partially, more: JsonObject = {}, of: Judged | null = null): Uint8Array {
  const places = of?.decision.places === undefined ? '' : `,"decidedBy":${JSON.stringify(of.decision.places)}`;
  const inputs = of === null ? '' : `,"inputs":${of.text}${places}`;
  const rest = JSON.stringify(more);
  return Buffer.from(`${whoOf(exchange)}${inputs}${rest === '{}' ? '}' : `,${rest.slice(1)}`}`);
}

// A principal mostly comes again from the same address and session, so what is said of it is written out once.
const whoCache = new WeakMap<Principal, { readonly address: string; readonly session: Session | null; readonly text: string }>();

/** The beginning of a JSON object, without its end. */
function whoOf({ peer, principal, frame }: Partially): string {
  const session = frame?.session ?? null;
  if (!principal) return `{"address":${JSON.stringify(peer.address)}`;
  const known = whoCache.get(principal);
  if (known?.address === peer.address && known.session === session) return known.text;
  const client = session === null ? '' : `,"client":${JSON.stringify(session.clientInfo)}`;
  const text = `{"address":${JSON.stringify(peer.address)},"name":${JSON.stringify(principal.name)}${client}`;
  whoCache.set(principal, { address: peer.address, session, text });
  return text;
}

/** `call`: what was refused, where it came as far as being one. */
export function refusalEntry(exchange: Partially, denied: Deny, { clock, keyed }: Recording, call: Call | null = null): JournalEntry {
  const { tenant } = exchange.snapshot;
  const draft = draftOf(exchange, 'refusal', clock.now());
  draft.status = 'refused';
  draft.reason = denied.reason;
  if (denied.server !== undefined) draft.server = denied.server;
  const was = judgedIn(exchange, denied);
  if (was) draft.decision = publicly(was, tenant, keyed);
  if (denied.credential !== undefined) draft.credential = denied.credential;
  if (call) draft.argumentsDigest = keyed(tenant, call.argumentsDigest);
  const detail = denied.detail === undefined ? {} : { detail: denied.detail.slice(0, 1000) };
  return { record: draft, secret: secretOf(exchange, call ? { ...detail, arguments: call.arguments } : detail, was) };
}

/** What a record is made with. */
export interface Recording {
  readonly clock: Clock;
  readonly keyed: Keyed;
}

/** For what the gateway answers by itself. */
export function answerEntry(exchange: Exchange, now: number, more: JsonObject = {}): JournalEntry {
  const draft = draftOf(exchange, 'answer', now);
  draft.status = 'ok';
  return { record: draft, secret: secretOf(exchange, more) };
}

export function intentEntry(call: Call, { clock, keyed }: Recording): JournalEntry {
  const draft = draftOf(call.exchange, 'intent', clock.now());
  const { tenant } = call.exchange.snapshot;
  draft.argumentsDigest = keyed(tenant, call.argumentsDigest);
  const parent = call.resumed?.parent ?? call.task?.parent;
  if (parent !== undefined) draft.parent = parent;
  const was = decisionOf(call);
  if (was) draft.decision = publicly(was, tenant, keyed);
  const responses = call.round?.responses ?? null;
  const more = responses === null ? { arguments: call.arguments } : { arguments: call.arguments, inputResponses: responses };
  return { record: draft, secret: secretOf(call.exchange, more, was) };
}

/** A state of a task that its server told of by itself, as it goes on to who listens: nobody asked, so there is no intent. */
export function toldEntry(call: Call, text: string, { clock, keyed }: Recording): JournalEntry {
  const { exchange, task } = call;
  const { tenant } = exchange.snapshot;
  const draft = draftOf(exchange, 'answer', clock.now());
  draft.status = 'ok';
  draft.argumentsDigest = keyed(tenant, call.argumentsDigest);
  draft.resultDigest = keyed(tenant, text);
  draft.resultBytes = Buffer.byteLength(text);
  if (task !== undefined) draft.parent = task.parent;
  const was = decisionOf(call);
  if (was) draft.decision = publicly(was, tenant, keyed);
  return { record: draft, secret: secretOf(exchange, { arguments: call.arguments }, was) };
}

/** What a call was permitted by: made of its arguments where it depends on them. */
function decisionOf(call: Call): Judged | null {
  const decided = decidedWith(call);
  return decided.ok && decided.value !== null ? judgedWith(decided.value) : judgedIn(call.exchange, null);
}

export interface Outcome {
  readonly status: 'ok' | 'error' | 'refused';
  readonly reason?: string;
  readonly resultDigest?: string;
  readonly resultBytes?: number;
  readonly progress: number;
  readonly detail?: string;
  /** What the client is asked before its call can go on: sealed, whole. */
  readonly asked?: JsonObject;
}

export function outcomeEntry(call: Call, intent: number, outcome: Outcome, now: number, durationUs: number): JournalEntry {
  const { exchange } = call;
  const draft = blank(exchange, 'outcome', now);
  draft.intent = intent;
  draft.status = outcome.status;
  draft.durationUs = durationUs;
  draft.principal = exchange.principal.id;
  draft.method = exchange.frame.method;
  draft.server = call.target.server;
  nameTarget(draft, call.target);
  if (outcome.reason !== undefined) draft.reason = outcome.reason;
  if (outcome.resultDigest !== undefined) draft.resultDigest = outcome.resultDigest;
  if (outcome.resultBytes !== undefined) draft.resultBytes = outcome.resultBytes;
  if (outcome.progress > 0) draft.count = outcome.progress;
  const { detail, asked } = outcome;
  if (detail === undefined && asked === undefined) return { record: draft, secret: null };
  const secret = { ...(detail === undefined ? {} : { detail: detail.slice(0, 1000) }), ...(asked === undefined ? {} : { asked }) };
  return { record: draft, secret: Buffer.from(JSON.stringify(secret)) };
}
