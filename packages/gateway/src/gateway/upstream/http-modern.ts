import { failure, type Result, success } from '../../base/result.ts';
import type { GatewayReason } from '../../contracts/reasons/gateway.ts';
import { awaitAcknowledged } from './acknowledged.ts';
import { Calls, type Outcome } from './calls.ts';
import {
  CALLS_PER_CONNECTION,
  type Connecting,
  type Connection,
  type ConnectionEvents,
  type ConnectOptions,
  type Granted,
  type ServerFacts,
} from './connection.ts';
import { discover, listenRequest, modernParams, offersListChanged, subscribeRequest } from './handshake.ts';
import { postCall } from './http-call.ts';
import type { Endpoint } from './http-endpoint.ts';
import { modernHeaders, tracedHeaders } from './http-headers.ts';
import { Reconnect } from './reconnect.ts';
import type { Subscription, UpstreamRequest, Watch } from './upstream.ts';

/** A stateless server: every request stands alone, so one connection serves everybody. The endpoint stays the caller's to close. */
export async function openModernHttp(endpoint: Endpoint, options: ConnectOptions): Connecting {
  const session = new ModernHttp(endpoint, options);
  const facts = await discover((request) => session.request(request), options.startMs);
  if (facts.ok) return success(session.ready(facts.value));
  await session.close();
  return facts;
}

class ModernHttp {
  readonly #endpoint: Endpoint;
  readonly #options: ConnectOptions;
  readonly #silent: ConnectionEvents;
  readonly #calls: Calls;
  readonly #listens: Calls;
  readonly #listen: Reconnect;
  readonly #subscribed = new Set<Reconnect>();
  #closed = false;
  #facts: ServerFacts | null = null;
  #tellClosed: (detail: string) => void = () => {};
  readonly closed: Promise<string>;

  constructor(endpoint: Endpoint, options: ConnectOptions) {
    this.#endpoint = endpoint;
    this.#options = options;
    // Of tasks a server speaks on the stream that asked for them: elsewhere nobody asked.
    this.#silent = { ...SILENT, task: (params) => options.events.task(params, null) };
    this.#calls = new Calls(options.clock, CALLS_PER_CONNECTION);
    this.#listens = new Calls(options.clock, SUBSCRIPTIONS + 1);
    this.#listen = new Reconnect((ended) => this.#openListen(ended));
    this.closed = new Promise((resolve) => {
      this.#tellClosed = resolve;
    });
  }

  async request(request: UpstreamRequest): Promise<Outcome> {
    if (this.#closed) return failure('gateway.upstream_closed');
    let cut = (): void => {};
    // MCP 2026-07-28: closing the response stream is how a request is cancelled.
    const call = this.#calls.start(request, () => cut());
    if (call === null) return failure('gateway.upstream_busy');
    // A stateless server has no say outside a listen stream; list_changed elsewhere is dropped.
    cut = this.#post(this.#calls, { ...call, request, events: this.#silent, endless: false });
    return settled(await call.outcome, request);
  }

  ready(facts: ServerFacts): Connection {
    return {
      facts,
      request: (request) => this.request(request),
      setLogLevel: () => Promise.resolve(),
      tell: () => {},
      watch: () => {
        this.#facts = facts;
        if (offersListChanged(facts).length > 0) this.#listen.start();
      },
      unwatch: () => this.#listen.stop(),
      subscribe: (watch) => this.#subscribe(watch),
      closed: this.closed,
      close: () => this.close(),
    };
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#listen.stop();
    for (const stream of this.#subscribed) stream.stop();
    this.#calls.failAll('gateway.upstream_closed', 'ended by the gateway');
    this.#tellClosed('ended by the gateway');
    return Promise.resolve();
  }

  #post(calls: Calls, { id, request, events, endless, onLeftOut }: Posted): () => void {
    const params = modernParams(request, id, this.#options.capabilities);
    return postCall(this.#endpoint, {
      id,
      body: JSON.stringify({ jsonrpc: '2.0', id, method: request.method, params }),
      headers: { ...modernHeaders(request.method, params, request.paramHeaders), ...tracedHeaders(request) },
      calls,
      large: this.#options.large,
      events,
      endless,
      ...(onLeftOut === undefined ? {} : { onLeftOut }),
      resume: null,
      onHead: () => {},
      // Servers of this revision send no requests (MCP 2026-07-28): nothing is answered.
      asks: null,
    });
  }

  #openListen(ended: (lived: boolean) => void): () => void {
    if (this.#facts === null) return () => {};
    const { listChanged, watching } = this.#options.events;
    const events: ConnectionEvents = { ...this.#silent, listChanged, acknowledged: () => watching() };
    return this.#openStream(listenRequest(new AbortController().signal, this.#facts), { events, ended });
  }

  async #subscribe(watch: Watch): Promise<Result<Subscription, GatewayReason>> {
    if (this.#closed || this.#subscribed.size >= SUBSCRIPTIONS) return failure('gateway.upstream_busy');
    let granted = false;
    const stream = new Reconnect((ended) => {
      // What changed while the stream was down nobody told.
      if (granted && watch.kind === 'resources') for (const uri of watch.names) watch.updated(uri);
      const acknowledged = (told: Granted): void => {
        if (granted && watch.kind === 'tasks') watch.missed();
        waiting.granted(told[watch.kind]);
      };
      const heard = watch.kind === 'tasks' ? { task: watch.told } : { updated: watch.updated };
      return this.#openStream(subscribeRequest(new AbortController().signal, watch), {
        events: { ...this.#silent, ...heard, acknowledged },
        ended,
        onAnswered: () => {
          if (!granted) waiting.failed('gateway.upstream_closed');
        },
        ...(watch.kind === 'tasks' ? { onLeftOut: watch.missed } : {}),
      });
    });
    const waiting = awaitAcknowledged(watch.names, this.#options.startMs, () => {
      stream.stop();
      this.#subscribed.delete(stream);
    });
    this.#subscribed.add(stream);
    stream.start();
    const outcome = await waiting.outcome;
    granted = outcome.ok;
    return outcome;
  }

  #openStream(request: UpstreamRequest, { ended, onAnswered, ...to }: Opening): () => void {
    const call = this.#listens.start(request, () => {});
    if (call === null) return () => {};
    const cut = this.#post(this.#listens, { id: call.id, request, ...to, endless: true });
    const openedAt = this.#options.clock.monotonic();
    void call.outcome.then((outcome) => {
      if (outcome.ok) onAnswered?.();
      ended(this.#options.clock.monotonic() - openedAt > LIVED_MS);
    });
    return () => {
      cut();
      this.#listens.settle(call.id, failure('gateway.cancelled'));
    };
  }
}

const LIVED_MS = 5000;
/** Streams that tell of single resources, of all callers together. */
const SUBSCRIPTIONS = 512;
const SILENT: ConnectionEvents = {
  listChanged: () => {},
  watching: () => {},
  renewed: () => {},
  updated: () => {},
  acknowledged: () => {},
  log: () => {},
  ask: null,
  elicited: () => {},
  taskStatus: () => {},
  task: () => {},
};

interface Heard {
  readonly events: ConnectionEvents;
  readonly onLeftOut?: () => void;
}

interface Posted extends Heard {
  readonly id: string;
  readonly request: UpstreamRequest;
  readonly endless: boolean;
}

interface Opening extends Heard {
  readonly ended: (lived: boolean) => void;
  /** The server answered: it told all that it will, or refused to. */
  readonly onAnswered?: () => void;
}

/** `resultType`: absent counts as complete; a round of input or a task only for a client's request. Anything else is never forwarded blindly. */
function settled(outcome: Outcome, { capabilities }: UpstreamRequest): Outcome {
  if (!outcome.ok || outcome.value.kind !== 'result') return outcome;
  const type = outcome.value.result['resultType'];
  if (type === undefined || type === 'complete') return outcome;
  if (capabilities !== undefined && (type === 'input_required' || type === 'task')) return outcome;
  return failure('gateway.upstream_garbage', `resultType ${String(type)} was not asked for`) satisfies Result<
    never,
    'gateway.upstream_garbage'
  >;
}
