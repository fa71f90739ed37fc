import type { TenantId } from '../../base/ids.ts';
import type { Receipt } from '../../contracts/journal.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { Reason } from '../../contracts/reasons/index.ts';
import type { Deny, Hold, Revise } from '../../contracts/verdict.ts';
import { isInputRequired, type Round } from '../../protocol/index.ts';
import type { Answer } from '../downstream/answer.ts';
import type { Call, CallResult, Exchange, LineClass } from '../exchange.ts';
import { type Forwarded, forward } from '../forward.ts';
import { denied, type ResultVerdict } from '../guard.ts';
import { HANDLE_KEY } from '../holds.ts';
import { describe } from '../line.ts';
import { intentEntry, type Outcome, outcomeEntry, refusalEntry } from '../records.ts';
import { resultOf, statusOfError } from '../respond.ts';
import { refuseArguments } from '../screens/authorize-arguments.ts';
import { runScreens, type Screened } from '../screens/run-screens.ts';
import { type AskedRound, askRound } from './ask-round.ts';
import { digestOf, givenIn } from './given.ts';
import { beginTask, isTaskBegun, type SettledTask, settleTask } from './settle-task.ts';
import { refuse, type Works } from './works.ts';

/** DESIGN section 4 from `validate-arguments` on. Every path ends in a record that is durable before the client hears of it. */
export async function forwardCall(exchange: Exchange, answer: Answer, works: Works): Promise<void> {
  const given = callOf(exchange, works);
  const call = given instanceof Promise ? await given : given;
  if (!call.ok) return refuse(exchange, call.denied, answer, works);
  const told = runScreens(works.screens.arguments, call.value, reviseArguments, works.clock);
  const screened = told instanceof Promise ? await told : told;
  if (screened.kind === 'deny') return refuseCall(screened.value, screened.denied, answer, works);
  if (screened.kind === 'hold') return holdCall(screened.value, screened.hold, answer, works);
  // Once more, of the arguments as they are now: a screen may have revised them.
  const refused = refuseArguments(screened.value);
  if (refused !== null) return refuseCall(screened.value, refused, answer, works);
  const intent = await works.journal.append(exchange.snapshot.tenant, intentEntry(screened.value, works));
  if (!intent.ok) return refuse(exchange, { verdict: 'deny', reason: intent.reason }, answer, works);
  return completeCall(screened.value, intent.value, answer, works);
}

type CallOrDenial = { readonly ok: true; readonly value: Call } | { readonly ok: false; readonly denied: Deny };

function callOf(exchange: Exchange, works: Works): CallOrDenial | Promise<CallOrDenial> {
  const { target } = exchange;
  const given = givenIn(exchange.frame.params);
  if (target === null || given === null)
    return { ok: false, denied: { verdict: 'deny', reason: 'gateway.fault', detail: `${exchange.frame.method} without a target` } };
  const argumentsDigest = exchange.frame.argumentsDigest ?? digestOf(given);
  const call: Call = { exchange, target, resumed: null, arguments: given, argumentsDigest };
  const { handle, round } = exchange.frame;
  if (round !== undefined) return goOn(call, round, works);
  if (handle === null) return { ok: true, value: call };
  return resume(call, handle, works);
}

async function resume(call: Call, handle: string, works: Works): Promise<CallOrDenial> {
  const held = await works.holds.take(handle, call);
  if (!held.ok) return { ok: false, denied: denied(held) };
  const resumed = held.value;
  return resumed ? { ok: true, value: { ...call, resumed } } : { ok: false, denied: { verdict: 'deny', reason: 'gateway.hold_unknown' } };
}

// A retried request is a new exchange: every guard and every screen looks at it again.
function goOn(call: Call, round: Round, works: Works): CallOrDenial {
  const found = works.rounds.unwrap(call, round);
  if (!found.ok) return { ok: false, denied: { ...denied(found), ...(found.detail === undefined ? {} : { shown: found.detail }) } };
  if (!('parent' in found.value)) return { ok: true, value: { ...call, round: found.value } };
  return { ok: true, value: { ...call, round: found.value.round, resumed: { kind: 'input_required', parent: found.value.parent } } };
}

function withArguments(of: Omit<Call, 'arguments' | 'argumentsDigest'>, given: JsonObject): Call {
  return { ...of, arguments: given, argumentsDigest: digestOf(given) };
}

const reviseArguments = (call: Call, verdict: Revise | ResultVerdict): Call =>
  'params' in verdict ? withArguments(call, verdict.params) : call;

const reviseResult = (value: CallResult, verdict: Revise | ResultVerdict): CallResult =>
  'result' in verdict ? { call: value.call, result: verdict.result, text: JSON.stringify(verdict.result) } : value;

/** From a durable intent to the reply. */
export async function completeCall(call: Call, intent: Receipt, answer: Answer, works: Works): Promise<void> {
  const { exchange } = call;
  const { forwarded, settled } = await forwardAndScreen(call, answer, works);
  const outcome = outcomeOf(settled, forwarded.progress, exchange.snapshot.tenant, works);
  const durationUs = Math.round((works.clock.monotonic() - exchange.startedAt) * 1000);
  const recorded = await works.journal.append(
    exchange.snapshot.tenant,
    outcomeEntry(call, intent.index, outcome, works.clock.now(), durationUs),
  );
  // It was forwarded, so what a failed intent says ("nothing was forwarded") would be wrong here.
  if (!recorded.ok) return works.reply(exchange, { verdict: 'deny', reason: 'audit.outcome_unknown' }, answer);
  if (settled.kind === 'denied') return works.reply(exchange, settled.denied, answer);
  if (settled.kind === 'error') return works.finish(exchange, answer, settled.json, statusOfError(exchange.frame, settled.code));
  works.finish(exchange, answer, resultOf(exchange.frame.id, settled.text));
}

interface Told {
  readonly forwarded: { readonly progress: number };
  readonly settled: Settled;
}

// A fault after the intent has an outcome like everything else: an intent stays open only where the process ended.
async function forwardAndScreen(call: Call, answer: Answer, works: Works): Promise<Told> {
  try {
    const forwarded = await forward(call, answer, works);
    if (forwarded.kind !== 'result') return { forwarded, settled: forwarded };
    const settled = settleResult(call, forwarded, works);
    return { forwarded, settled: settled instanceof Promise ? await settled : settled };
  } catch (fault) {
    works.log.error('gateway.fault', { ref: call.exchange.id, fault: describe(fault) });
    return {
      forwarded: { progress: 0 },
      settled: { kind: 'denied', denied: { verdict: 'deny', reason: 'gateway.fault', detail: describe(fault) } },
    };
  }
}

/** A result is the tool's own, or a task that goes on, or questions that come first. */
function settleResult(call: Call, forwarded: Extract<Forwarded, { kind: 'result' }>, works: Works): Settled | Promise<Settled> {
  const { result, upstream } = forwarded;
  if (call.task !== undefined) {
    const screen = async (inner: JsonObject) => screenResult(call, { result: inner, text: JSON.stringify(inner) }, works);
    return settleTask(call, call.task, result, screen, works);
  }
  if (isTaskBegun(call, result)) return beginTask(call, result, upstream, works);
  const mayAsk = IN_ROUNDS.has(call.exchange.frame.plan.class) && call.exchange.frame.era === 'modern';
  return mayAsk && isInputRequired(result) ? askRound(call, result, works) : screenResult(call, forwarded, works);
}

const IN_ROUNDS: ReadonlySet<LineClass> = new Set(['call', 'get', 'read']);

type Settled = AskedRound | SettledTask | { readonly kind: 'error'; readonly json: string; readonly code: number };

type Given = Pick<CallResult, 'result' | 'text'>;

export function screenResult(call: Call, { result, text }: Given, works: Works): SettledTask | Promise<SettledTask> {
  const screened = runScreens<CallResult>(works.screens.result, { call, result, text }, reviseResult, works.clock);
  return screened instanceof Promise ? screened.then((told) => settledBy(told, call, works)) : settledBy(screened, call, works);
}

function settledBy(screened: Screened<CallResult>, call: Call, works: Works): SettledTask {
  if (screened.kind === 'deny') return { kind: 'denied', denied: screened.denied };
  if (screened.kind === 'hold')
    return { kind: 'denied', denied: { verdict: 'deny', reason: 'gateway.held', detail: `result: ${screened.hold.binding}` } };
  return { kind: 'result', text: works.shape(call, screened.value), isError: screened.value.result['isError'] === true };
}

function outcomeOf(settled: Settled, progress: number, tenant: TenantId, works: Works): Outcome {
  if (settled.kind === 'denied') {
    const { reason, detail } = settled.denied;
    return { status: 'refused', reason, progress, ...(detail === undefined ? {} : { detail }) };
  }
  const text = settled.kind === 'error' ? settled.json : settled.text;
  const failed = settled.kind === 'error' || (settled.kind === 'result' && settled.isError);
  const asked = settled.kind === 'round' ? { asked: settled.asked } : {};
  return {
    status: failed ? 'error' : 'ok',
    resultDigest: works.keyed(tenant, text),
    resultBytes: Buffer.byteLength(text),
    progress,
    ...asked,
  };
}

async function refuseCall(call: Call, denied: Deny, answer: Answer, works: Works): Promise<void> {
  const recorded = await works.journal.append(call.exchange.snapshot.tenant, refusalEntry(call.exchange, denied, works, call));
  works.reply(call.exchange, recorded.ok ? denied : { verdict: 'deny', reason: recorded.reason }, answer);
}

// Stored as data: the client sends the call again with the handle, and every guard looks at it again.
async function holdCall(call: Call, hold: Hold, answer: Answer, works: Works): Promise<void> {
  const held = await works.holds.put(call, hold);
  if (!held.ok) return refuseCall(call, denied(held), answer, works);
  const handle = held.value;
  if (handle === null)
    return refuseCall(call, { verdict: 'deny', reason: 'gateway.too_many_in_flight', retryAfterSeconds: 60 }, answer, works);
  const reason: Reason = 'gateway.held';
  const told: Deny = {
    verdict: 'deny',
    reason,
    detail: `${hold.kind}: ${hold.binding}`,
    shown: `Send the call again with _meta["${HANDLE_KEY}"] once it is decided (${hold.kind}).`,
  };
  const recorded = await works.journal.append(call.exchange.snapshot.tenant, refusalEntry(call.exchange, told, works, call));
  if (!recorded.ok) return works.reply(call.exchange, { verdict: 'deny', reason: recorded.reason }, answer);
  works.reply(call.exchange, told, answer, { [HANDLE_KEY]: handle, 'sallyport/expiresAt': new Date(hold.expiresAt).toISOString() });
}
