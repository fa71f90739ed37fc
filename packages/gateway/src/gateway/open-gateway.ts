import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../base/clock.ts';
import type { KeyId, PrincipalId, TenantId } from '../base/ids.ts';
import type { Logger } from '../base/log.ts';
import type { Authenticator } from '../contracts/authenticator.ts';
import type { Journal } from '../contracts/journal.ts';
import type { SnapshotSource } from '../contracts/snapshot.ts';
import type { Deny } from '../contracts/verdict.ts';
import type { HostRules } from '../http/index.ts';
import { rulesOf } from '../protocol/index.ts';
import { type Answer, answerTo } from './downstream/answer.ts';
import { openListens } from './downstream/listens.ts';
import { receive } from './downstream/receive.ts';
import { openSessions } from './downstream/sessions.ts';
import type { Exchange, Partially } from './exchange.ts';
import { Figures, type GuardFigures } from './figures.ts';
import type { ArgumentScreen, ResultScreen } from './guard.ts';
import { Holds } from './holds.ts';
import { describe } from './line.ts';
import { HANDLERS } from './methods/index.ts';
import type { Works } from './methods/works.ts';
import { announceListChanged } from './notify.ts';
import { guardsOf, screensOf } from './pipeline.ts';
import { refusalEntry } from './records.ts';
import { REPLIES } from './reply.ts';
import { headBudget, headRefusal, refusalOf } from './respond.ts';
import type { Upstreams } from './upstream/upstream.ts';

export interface GatewayDeps {
  readonly tenant: TenantId;
  readonly clock: Clock;
  readonly log: Logger;
  readonly identity: Authenticator;
  readonly journal: Journal;
  readonly snapshots: SnapshotSource;
  readonly upstreams: Upstreams;
  readonly hosts: () => HostRules;
  readonly secure: boolean;
  readonly keyed: (text: string) => string;
  readonly inspect: { readonly arguments: readonly ArgumentScreen[]; readonly result: readonly ResultScreen[] };
  /** A server offers something else than what was pinned. */
  readonly onDrift: (server: string) => void;
}

export interface Gateway {
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** A revoked credential: its streams and sessions end; the next request is refused by `authenticate`. */
  dropCredential(key: KeyId): void;
  dropPrincipal(principal: PrincipalId): void;
  figures(): {
    readonly guards: Readonly<Record<string, GuardFigures>>;
    readonly sessions: number;
    readonly inFlight: number;
    readonly listens: number;
  };
  /** Takes nothing new; resolves when nothing is being answered any more, or after `deadlineMs`. */
  drain(deadlineMs: number): Promise<void>;
}

export function openGateway(deps: GatewayDeps): Gateway {
  const { clock, journal, log } = deps;
  const sessions = openSessions(clock, (session) => deps.upstreams.releaseSession(session.id));
  const listens = openListens();
  const figures = new Figures();
  const pipeline = { ...deps, sessions };
  const guards = guardsOf(pipeline);
  let draining = false;
  let inFlight = 0;
  const idle: (() => void)[] = [];

  const reply: Works['reply'] = (exchange, denied, answer, meta) => {
    headRefusal(answer, denied);
    if (exchange.budget) headBudget(answer, { budget: exchange.budget, snapshot: exchange.snapshot });
    const wire = refusalOf(exchange, denied, meta ?? null);
    if (exchange.frame?.kind === 'notification' && REPLIES[denied.reason].as !== 'transport') return answer.empty(202);
    answer.finish(wire.status, wire.json);
  };

  const works: Works = {
    clock,
    log,
    journal,
    snapshots: deps.snapshots,
    sessions,
    listens,
    upstreams: deps.upstreams,
    holds: new Holds(clock),
    screens: screensOf(pipeline),
    keyed: deps.keyed,
    shape: (exchange, { result, text }) => rulesOf(exchange.frame.revision).shapeCallResult({ value: result, text }).text,
    reply,
    finish(exchange, answer, json) {
      headBudget(answer, exchange);
      answer.finish(200, json);
    },
    onDrift: deps.onDrift,
  };

  const refuse = async (exchange: Partially, denied: Deny, answer: Answer): Promise<void> => {
    const entry = refusalEntry(exchange, denied, clock.now());
    const foldBy = foldKey(exchange, denied);
    const recorded = foldBy === null ? await journal.append(deps.tenant, entry) : await journal.refuse(deps.tenant, foldBy, entry);
    reply(exchange, recorded.ok ? denied : { verdict: 'deny', reason: recorded.reason }, answer);
  };

  const run = async (request: IncomingMessage, answer: Answer): Promise<void> => {
    const received = receive(request, deps.snapshots.current(deps.tenant), clock);
    if (draining) return reply(received, { verdict: 'deny', reason: 'gateway.draining', retryAfterSeconds: 5 }, answer);
    const outcome = await guards(received);
    if (!outcome.passed) {
      outcome.exchange.budget?.release();
      await refuse(outcome.exchange, outcome.denied, answer);
    } else {
      await handle(outcome.exchange, answer);
    }
    figures.add(received.trace);
  };

  const handle = async (exchange: Exchange, answer: Answer): Promise<void> => {
    try {
      const handler = HANDLERS[exchange.frame.plan.class];
      if (!handler) return await refuse(exchange, { verdict: 'deny', reason: 'protocol.method_not_built' }, answer);
      await handler(exchange, answer, works);
    } catch (fault) {
      log.error('gateway.fault', { ref: exchange.id, fault: describe(fault) });
      await refuse(exchange, { verdict: 'deny', reason: 'gateway.fault', detail: describe(fault) }, answer);
    } finally {
      exchange.budget.release();
    }
  };

  deps.snapshots.onChange(() => announceListChanged(works));
  const sweep = setInterval(() => sessions.sweep(), 30_000);
  sweep.unref();

  return {
    handle(request, response) {
      inFlight += 1;
      const answer = answerTo(response);
      run(request, answer)
        .catch((fault: unknown) => {
          log.error('gateway.fault', { fault: describe(fault) });
          answer.finish(500, '{"jsonrpc":"2.0","id":null,"error":{"code":50000,"message":"The gateway could not answer."}}');
        })
        .finally(() => {
          inFlight -= 1;
          if (inFlight === 0) for (const wake of idle.splice(0)) wake();
        });
    },
    dropCredential(key) {
      // The session may go on with the key that replaced it; standing streams were opened with this one.
      for (const session of sessions.all()) if (session.principal.credential.id === key) for (const stream of session.streams) stream.end();
      listens.endAll((principal) => principal.credential.id === key);
    },
    dropPrincipal(id) {
      sessions.endAll((session) => session.principalId === id);
      listens.endAll((principal) => principal.id === id);
    },
    figures: () => ({ guards: figures.read(), sessions: [...sessions.all()].length, inFlight, listens: listens.size }),
    async drain(deadlineMs) {
      draining = true;
      clearInterval(sweep);
      listens.endAll(() => true);
      for (const session of sessions.all()) for (const stream of session.streams) stream.end();
      if (inFlight > 0) await Promise.race([new Promise<void>((resolve) => idle.push(resolve)), after(deadlineMs)]);
      sessions.endAll(() => true);
    },
  };
}

const after = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });

/** Refusals that anybody can cause at will are folded when they are many: before authentication by address, over the rate by principal. */
function foldKey(exchange: Partially, denied: Deny): string | null {
  if (!exchange.principal) return `address ${exchange.peer.bucket}`;
  return denied.reason === 'gateway.rate_limited' || denied.reason === 'gateway.too_many_in_flight'
    ? `principal ${exchange.principal.id}`
    : null;
}
