import type { IncomingMessage, ServerResponse } from 'node:http';
import type { KeyId, TenantId } from '../base/ids.ts';
import { LIMITS } from '../base/limits.ts';
import type { Snapshot } from '../contracts/snapshot.ts';
import { answerHealth } from '../http/index.ts';
import { rulesOf } from '../protocol/index.ts';
import { answerExchange, reply } from './answer-exchange.ts';
import { type BreakerState, Breakers } from './breakers.ts';
import { CallsUnderWay } from './calls-under-way.ts';
import { answerTo } from './downstream/answer.ts';
import { openListens } from './downstream/listens.ts';
import { openSessions } from './downstream/sessions.ts';
import { Shelf } from './downstream/shelf.ts';
import { type ExchangeTimes, Figures, type GuardFigures, type GuardTimes } from './figures.ts';
import { followMinutes } from './follow-minutes.ts';
import type { GatewayDeps } from './gateway-deps.ts';
import { limitOf } from './guards/limit-calls.ts';
import { Holds } from './holds.ts';
import { InFlight } from './in-flight.ts';
import { describe } from './line.ts';
import { lookUpWith } from './look-up.ts';
import type { Works } from './methods/works.ts';
import { announceListChanged } from './notify.ts';
import { guardsOf, screensOf } from './pipeline.ts';
import { Places } from './places.ts';
import { renameResult } from './rename.ts';
import { headBudget } from './respond.ts';
import { Rounds } from './reverse/rounds.ts';
import { Tasks } from './reverse/tasks.ts';

export interface Gateway {
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** A revoked credential: its streams and sessions end; the next request is refused by `authenticate`. */
  dropCredential(key: KeyId): void;
  figures(): {
    readonly guards: Readonly<Record<string, GuardFigures>>;
    readonly sessions: number;
    readonly inFlight: number;
    readonly listens: number;
  };
  /** The circuit of each server that anybody had trouble with; closed for all others. */
  circuits(): ReadonlyMap<string, BreakerState>;
  /** Requests under way at a server. */
  underWay(tenant: TenantId, server: string): number;
  /** Counters that go on counting: read at a scrape. */
  readonly times: { readonly guards: ReadonlyMap<string, GuardTimes>; readonly exchanges: ExchangeTimes };
  /** Takes nothing new; resolves when nothing is being answered any more, or after `deadlineMs`. */
  drain(deadlineMs: number): Promise<void>;
}

export function openGateway(deps: GatewayDeps): Gateway {
  const { clock, log } = deps;
  const shelf = new Shelf(clock);
  const tasks = new Tasks(clock, deps.held.tasks, deps.handles);
  const sessions = openSessions(clock, (session) => {
    shelf.endSession(session.id);
    tasks.forgetSession(session.id);
    deps.upstreams.releaseSession(session.id);
  });
  const listens = openListens(clock);
  const figures = new Figures();
  const inFlight = new InFlight();
  const underWay = new CallsUnderWay(deps.shares);
  const pipeline = { ...deps, sessions, tasks, underWay };
  const works = worksOf(deps, { sessions, tasks, shelf, listens, screens: screensOf(pipeline) });
  let draining = false;
  const run = answerExchange(deps, { guards: guardsOf(pipeline, lookUpWith(works)), works, figures, draining: () => draining });
  const endAnnouncing = followSnapshots(deps, works, underWay);
  const sweep = setInterval(() => {
    sessions.sweep();
    tasks.sweep();
    shelf.sweep();
  }, SWEEP_MS);
  sweep.unref();
  return {
    handle(request, response) {
      if (answerHealth(request, response, deps.ready)) return;
      inFlight.begin();
      const answer = answerTo(response);
      run(request, answer)
        .catch((fault: unknown) => {
          log.error('gateway.fault', { fault: describe(fault) });
          answer.finish(500, LAST_RESORT);
        })
        .finally(() => inFlight.end());
    },
    dropCredential(key) {
      for (const session of sessions.all()) for (const [stream, opener] of session.streams) if (opener === key) stream.end();
      shelf.endOpener(key);
      listens.endAll((principal) => principal.credential.id === key);
    },
    figures: () => ({ guards: figures.read(), sessions: sessions.size, inFlight: inFlight.count, listens: listens.size }),
    circuits: () => works.breakers.states(),
    underWay: (tenant, server) => underWay.count(tenant, server),
    times: figures,
    async drain(deadlineMs) {
      draining = true;
      clearInterval(sweep);
      endAnnouncing();
      listens.endAll(() => true);
      for (const session of sessions.all()) for (const stream of session.streams.keys()) stream.end();
      await inFlight.idle(deadlineMs);
      sessions.endAll(() => true);
    },
  };
}

/** What changes for clients, and for the other gateways, with another snapshot. */
function followSnapshots({ snapshots }: GatewayDeps, works: Works, underWay: CallsUnderWay): () => void {
  const announced = new Map<TenantId, Snapshot>();
  const minutes = followMinutes(works);
  for (const tenant of snapshots.tenants()) minutes.follow(snapshots.current(tenant));
  const unfollow = snapshots.onChange((snapshot) => {
    announceListChanged(works, announced.get(snapshot.tenant) ?? null, snapshot);
    announced.set(snapshot.tenant, snapshot);
    underWay.boundBy(snapshot.tenant, (key) => limitOf(snapshot, key));
    minutes.follow(snapshot);
  });
  return () => {
    unfollow();
    minutes.end();
  };
}

const SWEEP_MS = 30_000;
const LAST_RESORT = '{"jsonrpc":"2.0","id":null,"error":{"code":50000,"message":"The gateway could not answer."}}';

function worksOf(deps: GatewayDeps, own: Pick<Works, 'sessions' | 'tasks' | 'shelf' | 'listens' | 'screens'>): Works {
  const { clock, log, journal, snapshots, upstreams, keyed, onDrift } = deps;
  return {
    ...own,
    clock,
    log,
    journal,
    snapshots,
    upstreams,
    keyed,
    onDrift,
    breakers: new Breakers(clock),
    places: new Places(LIMITS.inFlightPerServer),
    holds: new Holds(deps.held.holds, clock),
    rounds: new Rounds(deps.handles, clock),
    shape: ({ exchange, target }, { result, text }) => {
      const { plan, revision } = exchange.frame;
      const method = plan.class === 'task' ? 'tools/call' : exchange.frame.method;
      return rulesOf(revision).shapeResult(method, renameResult(exchange, target.server, method, { value: result, text })).text;
    },
    reply,
    finish(exchange, answer, json, status = 200) {
      headBudget(answer, exchange.budget, exchange);
      answer.finish(status, json);
    },
  };
}
