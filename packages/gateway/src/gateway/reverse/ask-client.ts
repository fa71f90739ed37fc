import { type ExchangeId, type ServerId, ulid } from '../../base/ids.ts';
import { LIMITS } from '../../base/limits.ts';
import type { Receipt } from '../../contracts/journal.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { Deny } from '../../contracts/verdict.ts';
import { type Asked, isObject, RELATED_TASK, readAnswerTo } from '../../protocol/index.ts';
import type { ClientAnswer } from '../downstream/client-asks.ts';
import type { Session } from '../downstream/sessions.ts';
import { describe } from '../line.ts';
import type { Works } from '../methods/works.ts';
import { REPLIES, type Row } from '../reply.ts';
import type { ServerAnswer, ServerAsk } from '../upstream/asks.ts';
import { runAskLine } from './ask-line.ts';
import { type AskOutcome, askIntent, askOutcome, askRefusal } from './ask-records.ts';
import type { Asking } from './asking.ts';
import { deliver } from './deliver.ts';
import { noteElicitation } from './elicitations.ts';

type Settled = { readonly kind: 'answer'; readonly answer: ServerAnswer } | { readonly kind: 'denied'; readonly denied: Deny };

/** Takes a server's request to the client whose session it is, and brings the answer back. Every path ends in a durable record first. */
export async function askClient(session: Session, server: ServerId, ask: ServerAsk, works: Works): Promise<ServerAnswer> {
  const asking = askingOf(session, server, ask, works);
  try {
    const refused = runAskLine(asking, works.clock);
    if (refused !== null) return await refuse(asking, refused, works);
    const intent = await works.journal.append(asking.snapshot.tenant, askIntent(asking, works.clock.now(), works.keyed));
    if (!intent.ok) return errorFor(asking, { verdict: 'deny', reason: intent.reason });
    return await complete(asking, asking.asked as Asked, intent.value, works);
  } catch (fault) {
    works.log.error('gateway.fault', { ref: asking.id, fault: describe(fault) });
    return errorFor(asking, { verdict: 'deny', reason: 'gateway.fault' });
  } finally {
    // The first guard took a place among the open ones.
    if (asking.trace[0]?.verdict === 'pass') ask.budget.giveBack();
  }
}

function askingOf(session: Session, server: ServerId, ask: ServerAsk, works: Works): Asking {
  const calls = ask.origin === null ? [...session.calls].filter((call) => call.server === server) : [ask.origin];
  return {
    id: ulid(works.clock.now()) as ExchangeId,
    startedAt: works.clock.monotonic(),
    snapshot: works.snapshots.current(session.principal.tenant),
    server,
    session,
    ask,
    trace: [],
    serving: calls,
    asked: null,
    judged: null,
  };
}

// A server causes them at will: folded by session and server, so that a flood costs the journal one record a minute.
async function refuse(asking: Asking, denied: Deny, works: Works): Promise<ServerAnswer> {
  const entry = askRefusal(asking, denied, works.clock.now(), works.keyed);
  const recorded = await works.journal.refuse(asking.snapshot.tenant, `asks of ${asking.server} ${asking.session.principalId}`, entry);
  return errorFor(asking, recorded.ok ? denied : { verdict: 'deny', reason: recorded.reason });
}

async function complete(asking: Asking, asked: Asked, intent: Receipt, works: Works): Promise<ServerAnswer> {
  const settled = await settledOf(asking, asked, works);
  const outcome = outcomeOf(settled);
  const durationUs = Math.round((works.clock.monotonic() - asking.startedAt) * 1000);
  const facts = { now: works.clock.now(), durationUs, keyed: works.keyed };
  const recorded = await works.journal.append(asking.snapshot.tenant, askOutcome(asking, intent.index, outcome, facts));
  if (!recorded.ok) return errorFor(asking, { verdict: 'deny', reason: recorded.reason });
  return settled.kind === 'answer' ? settled.answer : errorFor(asking, settled.denied);
}

function outcomeOf(settled: Settled): AskOutcome {
  if (settled.kind === 'answer') {
    const { answer } = settled;
    return 'result' in answer
      ? { status: 'ok', text: JSON.stringify(answer.result) }
      : { status: 'error', text: JSON.stringify(answer.error) };
  }
  const { reason, detail } = settled.denied;
  return { status: 'refused', reason, ...(detail === undefined ? {} : { detail }) };
}

/** Asks, and waits for one of four ends: an answer, a client that is gone, a server that takes it back, or the deadline. */
async function settledOf(asking: Asking, asked: Asked, works: Works): Promise<Settled> {
  const { ask, session, server } = asking;
  if (ask.origin?.over === true) return refused('gateway.client_gone', 'its call is over');
  const { id, answer } = session.asks.begin(ask.origin, ask.onProgress);
  const params = { ...asked.params, ...metaFor(asking, id, works) };
  if (!deliver(session, server, ask.origin, JSON.stringify({ jsonrpc: '2.0', id, method: asked.method, params }))) {
    session.asks.settle(id, { kind: 'gone' });
    return refused('gateway.client_gone', 'no stream is open to it');
  }
  if (typeof asked.params['elicitationId'] === 'string') noteElicitation(session, server, asked.params['elicitationId']);
  const told = await firstOf(answer, ask.signal);
  if (told !== 'late' && told !== 'aborted') return settle(asked, told);
  session.asks.settle(id, { kind: 'gone' });
  const reason = told === 'late' ? 'The request was not answered in time.' : 'The server took the request back.';
  deliver(
    session,
    server,
    ask.origin,
    JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id, reason } }),
  );
  works.log.info('gateway.ask.ended', { ref: asking.id, how: told });
  return refused(told === 'late' ? 'gateway.ask_timeout' : 'gateway.cancelled');
}

/** Our own progress token, and the task that it is asked for where that is one of this session's. */
function metaFor({ ask, session, server }: Asking, id: string, works: Works): JsonObject {
  const given = isObject(ask.params['_meta']) ? ask.params['_meta'][RELATED_TASK] : undefined;
  const task = isObject(given) ? works.tasks.byUpstream(session, server, String(given['taskId'])) : null;
  const meta: JsonObject = {
    ...(ask.onProgress === null ? {} : { progressToken: id }),
    ...(task === null ? {} : { [RELATED_TASK]: { taskId: task.id } }),
  };
  return Object.keys(meta).length === 0 ? {} : { _meta: meta };
}

function firstOf(answer: Promise<ClientAnswer>, signal: AbortSignal): Promise<ClientAnswer | 'late' | 'aborted'> {
  return new Promise((resolve) => {
    const end = (told: ClientAnswer | 'late' | 'aborted'): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      resolve(told);
    };
    const onAbort = (): void => end('aborted');
    const timer = setTimeout(() => end('late'), LIMITS.askMs);
    timer.unref();
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    void answer.then(end);
  });
}

function settle(asked: Asked, told: ClientAnswer): Settled {
  if (told.kind === 'gone') return refused('gateway.client_gone', 'its call or its session ended');
  if (told.kind === 'error')
    return { kind: 'answer', answer: { error: { code: told.error.code, message: told.error.message.slice(0, ERROR_TEXT) } } };
  const read = readAnswerTo(asked, told.result);
  return read.ok ? { kind: 'answer', answer: { result: read.value } } : refused('gateway.answer_invalid', read.detail);
}

const ERROR_TEXT = 2000;

const refused = (reason: Deny['reason'], detail?: string): Settled => ({
  kind: 'denied',
  denied: { verdict: 'deny', reason, ...(detail === undefined ? {} : { detail }) },
});

/** The one way from a denial to what a server reads: the code and text of its row, with the reference that finds the record. */
function errorFor(asking: Asking, denied: Deny): ServerAnswer {
  const row: Row = REPLIES[denied.reason];
  const shown = row.shown === true && denied.shown !== undefined ? `${row.text}: ${denied.shown}` : row.text;
  const data: JsonObject = { ref: asking.id };
  return { error: { code: row.code, message: `${shown} (ref ${asking.id})`, data } };
}
