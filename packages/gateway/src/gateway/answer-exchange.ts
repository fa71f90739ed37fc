import type { IncomingMessage } from 'node:http';
import type { Reason } from '../contracts/reasons/index.ts';
import type { Deny } from '../contracts/verdict.ts';
import type { Answer } from './downstream/answer.ts';
import { BatchAnswer } from './downstream/batch-answer.ts';
import { receive, receiveMember } from './downstream/receive.ts';
import type { Exchange, Partially, Received } from './exchange.ts';
import type { Figures } from './figures.ts';
import type { GatewayDeps } from './gateway-deps.ts';
import { describe, type Line } from './line.ts';
import { HANDLERS } from './methods/index.ts';
import type { Works } from './methods/works.ts';
import { refusalEntry } from './records.ts';
import { REPLIES, type Row } from './reply.ts';
import { headBudget, headRefusal, refusalOf } from './respond.ts';
import { spanFacts } from './span-facts.ts';

export interface Answering {
  readonly guards: Line;
  readonly works: Works;
  readonly figures: Figures;
  readonly draining: () => boolean;
}

/** One exchange from its first byte to its reply: every path ends in one. */
export function answerExchange(deps: GatewayDeps, { guards, works, figures, draining }: Answering) {
  const refuse = async (exchange: Partially, denied: Deny, answer: Answer): Promise<void> => {
    const entry = refusalEntry(exchange, denied, deps);
    const foldBy = foldKey(exchange, denied);
    const { tenant } = exchange.snapshot;
    const recorded = foldBy === null ? await deps.journal.append(tenant, entry) : await deps.journal.refuse(tenant, foldBy, entry);
    reply(exchange, recorded.ok ? denied : { verdict: 'deny', reason: recorded.reason }, answer);
  };

  const handle = async (exchange: Exchange, answer: Answer): Promise<void> => {
    try {
      const handler = HANDLERS[exchange.frame.plan.class];
      if (!handler) return await refuse(exchange, { verdict: 'deny', reason: 'protocol.method_not_built' }, answer);
      const { session, kind } = exchange.frame;
      // A call of a stateful session outlives its connection: what it says can be asked for again (MCP 2025-11-25, transports).
      if (session !== null && kind === 'request')
        answer.resumable(() => works.shelf.open(session, exchange.principal.credential.id), session.revision === PRIMED);
      await handler(exchange, answer, works);
    } catch (fault) {
      deps.log.error('gateway.fault', { ref: exchange.id, fault: describe(fault) });
      await refuse(exchange, { verdict: 'deny', reason: 'gateway.fault', detail: describe(fault) }, answer);
    } finally {
      exchange.place.release();
      exchange.budget.release();
    }
  };

  const take = async (received: Received, answer: Answer): Promise<void> => {
    const outcome = await guards(received);
    if (deps.tracer !== null && outcome.exchange.frame?.kind === 'request') received.span = deps.tracer.begin(spanFacts(outcome.exchange));
    if (outcome.passed) {
      await handle(outcome.exchange, answer);
    } else if (outcome.denied.members !== undefined) {
      // The members pay for themselves.
      outcome.exchange.addressBudget?.refund();
      const answers = new BatchAnswer(answer, outcome.denied.members.length);
      const members = outcome.denied.members.map((text) => receiveMember(received, text, deps.clock));
      await Promise.all(members.map((member) => take(member, answers.member())));
      return;
    } else {
      outcome.exchange.place?.release();
      outcome.exchange.budget?.release();
      await refuse(outcome.exchange, outcome.denied, answer);
    }
    figures.add(received.trace);
    const tookMs = deps.clock.monotonic() - received.startedAt;
    figures.exchanges[outcome.passed ? 'passed' : 'denied'].add(tookMs * 1000);
    received.span?.end(tookMs);
  };

  return async (request: IncomingMessage, answer: Answer): Promise<void> => {
    const received = receive(request, deps.snapshots.current(deps.tenant), deps.clock, deps.proxies());
    if (draining()) return refuse(received, { verdict: 'deny', reason: 'gateway.draining', retryAfterSeconds: 5 }, answer);
    await take(received, answer);
  };
}

/** The revision whose clients take an event without data: a stream can begin with one before there is anything to say. */
const PRIMED = '2025-11-25';

/** Answers with a denial that is already recorded. A refused notification has no answer but its HTTP status. */
export const reply: Works['reply'] = (exchange, denied, answer, meta) => {
  exchange.span?.failed(denied.reason);
  headRefusal(answer, denied);
  if (exchange.budget) headBudget(answer, exchange.budget, exchange);
  const row: Row = REPLIES[denied.reason];
  if ((exchange.frame?.kind === 'notification' && row.as !== 'transport') || isUnheard(denied)) return answer.empty(202);
  const wire = refusalOf(exchange, denied, meta ?? null);
  answer.finish(wire.status, wire.json);
};

// A notification that nobody listens for is not an error, and a 404 would tell a legacy client that its session is gone (MCP 2025-11-25,
// transports, "Session Management").
const isUnheard = ({ of, reason }: Deny): boolean =>
  of?.id === null && (reason === 'protocol.unknown_method' || reason === 'protocol.method_not_built');

/** Refusals that anybody can cause at will are folded when they are many: before authentication by address, over the rate by principal. */
function foldKey(exchange: Partially, { reason }: Deny): string | null {
  if (!exchange.principal) return `address ${exchange.peer.bucket}`;
  return OVER_A_RATE.has(reason) ? `principal ${exchange.principal.id}` : null;
}

const OVER_A_RATE: ReadonlySet<Reason> = new Set([
  'gateway.rate_limited',
  'gateway.too_many_in_flight',
  'gateway.calls_rate_limited',
  'gateway.too_many_calls',
]);
