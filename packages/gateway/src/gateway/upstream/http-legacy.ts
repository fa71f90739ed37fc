import { LIMITS } from '../../base/limits.ts';
import { failure, success } from '../../base/result.ts';
import type { JsonObject } from '../../contracts/json.ts';
import { Asks } from './asks.ts';
import { Calls, type Outcome } from './calls.ts';
import { CALLS_PER_CONNECTION, type Connecting, type Connection, type ConnectOptions, type ServerFacts } from './connection.ts';
import { initialize, LIST_NAMES, legacyParams, ownRequest } from './handshake.ts';
import { postCall } from './http-call.ts';
import type { Endpoint } from './http-endpoint.ts';
import { exchange } from './http-exchange.ts';
import { legacyHeaders, readSessionId, tracedHeaders } from './http-headers.ts';
import { receive } from './incoming.ts';
import { BATCHING, readMessage } from './read-message.ts';
import { type Ended, Reconnect } from './reconnect.ts';
import { Resumption } from './resumption.ts';
import type { UpstreamRequest } from './upstream.ts';

/** Opens a stateful session: initialize, its id where the server gives one, initialized. The endpoint stays the caller's to close. */
export async function openLegacyHttp(endpoint: Endpoint, options: ConnectOptions): Connecting {
  const session = new LegacyHttp(endpoint, options);
  const facts = await session.begin();
  if (facts.ok) return success(session.ready(facts.value));
  await session.close();
  return facts;
}

class LegacyHttp {
  readonly #endpoint: Endpoint;
  readonly #options: ConnectOptions;
  readonly #calls: Calls;
  readonly #asks: Asks;
  readonly #stream: Reconnect;
  /** Where the standing stream is taken up again. */
  readonly #standing = new Resumption();
  readonly closed: Promise<string>;
  #tellClosed: (detail: string) => void = () => {};
  #closed = false;
  #sessionId: string | null = null;
  #revision: string | null = null;
  #level: string | null = null;
  #renewing: Promise<boolean> | null = null;

  constructor(endpoint: Endpoint, options: ConnectOptions) {
    this.#endpoint = endpoint;
    this.#options = options;
    this.#asks = new Asks({
      clock: options.clock,
      ask: options.events.ask,
      send: (message) => void this.#send('POST', JSON.stringify(message), END_MS),
      onFlood: () => void this.close(),
    });
    this.#calls = new Calls(options.clock, CALLS_PER_CONNECTION, () => this.#asks.budget.open);
    this.#stream = new Reconnect((ended) => this.#openStream(ended));
    this.closed = new Promise((resolve) => {
      this.#tellClosed = resolve;
    });
  }

  async begin(): ReturnType<typeof initialize> {
    this.#sessionId = null;
    this.#revision = null;
    this.#standing.forget();
    const facts = await initialize((request) => this.#once(request).outcome, this.#options.capabilities, this.#options.startMs);
    if (!facts.ok) return facts;
    this.#revision = facts.value.revision;
    await this.#notify('notifications/initialized', {});
    return facts;
  }

  async request(request: UpstreamRequest): Promise<Outcome> {
    const session = this.#sessionId;
    const first = this.#once(request);
    const outcome = await first.outcome;
    // 404 with a session: it has ended at the server, which therefore did not act (MCP 2025-11-25, session management). Once, not for ever.
    if (!first.gone() || session === null || request.signal.aborted) return outcome;
    if (this.#sessionId === session) this.#renewing ??= this.#renew();
    if (this.#renewing !== null && !(await this.#renewing))
      return failure('gateway.upstream_closed', 'its session ended and could not be opened again');
    return this.#once(request).outcome;
  }

  ready(facts: ServerFacts): Connection {
    return {
      facts,
      request: (request) => this.request(request),
      setLogLevel: (level) => this.#setLogLevel(level, facts),
      tell: (method, params) => void this.#notify(method, params),
      watch: () => this.#stream.start(),
      unwatch: () => this.#stream.stop(),
      subscribe: () => Promise.resolve(failure('gateway.upstream_era')),
      closed: this.closed,
      close: () => this.close(),
    };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#stream.stop();
    this.#asks.endAll();
    this.#calls.failAll('gateway.upstream_closed', 'ended by the gateway');
    if (this.#sessionId !== null) await this.#send('DELETE', null, END_MS);
    this.#tellClosed('ended by the gateway');
  }

  #once(request: UpstreamRequest): { readonly outcome: Promise<Outcome>; gone(): boolean } {
    if (this.#closed) return { outcome: Promise.resolve(failure('gateway.upstream_closed')), gone: () => false };
    let cut = (): void => {};
    let status = 0;
    const call = this.#calls.start(request, (id) => {
      if (request.method !== 'initialize') void this.#notify('notifications/cancelled', { requestId: id });
      cut();
    });
    if (call === null) return { outcome: Promise.resolve(failure('gateway.upstream_busy')), gone: () => false };
    cut = postCall(this.#endpoint, {
      id: call.id,
      body: JSON.stringify({ jsonrpc: '2.0', id: call.id, method: request.method, params: legacyParams(request, call.id) }),
      headers: { ...legacyHeaders(this.#revision, this.#sessionId), ...tracedHeaders(request) },
      calls: this.#calls,
      large: this.#options.large,
      // Log messages of a stateful session belong to it as a whole, whichever stream carries them.
      events: this.#options.events,
      endless: false,
      resume: {
        headers: (lastEventId) => ({ ...this.#streamHeaders(), 'last-event-id': lastEventId }),
        onParked: (retryMs) => request.onParked?.(retryMs),
      },
      onHead: (code, headers) => {
        status = code;
        // The id is set by the answer to initialize only: one that changes later would be the server's way to mix sessions.
        if (request.method === 'initialize' && code < 300) this.#sessionId = readSessionId(headers['mcp-session-id']);
      },
      onMethod: (method, params) => {
        if (method === 'notifications/message') this.#options.events.log(params);
      },
      asks: this.#asks,
      batches: () => this.#batches(),
    });
    return { outcome: call.outcome, gone: () => status === 404 };
  }

  async #renew(): Promise<boolean> {
    this.#asks.endAll();
    const facts = await this.begin();
    if (facts.ok && this.#level !== null) await this.#applyLevel(this.#level);
    this.#renewing = null;
    // Without the old session nobody knows what the list is now.
    if (facts.ok) this.#options.events.renewed();
    if (facts.ok) for (const list of LIST_NAMES) this.#options.events.listChanged(list);
    return facts.ok;
  }

  async #setLogLevel(level: string, facts: ServerFacts): Promise<void> {
    if (facts.capabilities['logging'] === undefined) return;
    this.#level = level;
    await this.#applyLevel(level);
  }

  async #applyLevel(level: string): Promise<void> {
    await this.#once(ownRequest('logging/setLevel', { level }, this.#options.startMs)).outcome;
  }

  #notify(method: string, params: JsonObject): Promise<void> {
    return this.#send('POST', JSON.stringify({ jsonrpc: '2.0', method, params }), END_MS);
  }

  /** Sends what has no answer, and waits for the end of the exchange at most `ms`. */
  #send(method: 'POST' | 'DELETE', body: string | null, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cut = exchange(
        this.#endpoint,
        { method, headers: legacyHeaders(this.#revision, this.#sessionId), body, endless: false },
        {
          onHead: () => {},
          onMessage: () => {},
          onEnd: () => {
            clearTimeout(timer);
            resolve();
          },
        },
      );
      const timer = setTimeout(() => {
        cut();
        resolve();
      }, ms);
    });
  }

  #openStream(ended: Ended): () => void {
    const openedAt = this.#options.clock.monotonic();
    const from = this.#standing.point;
    let status = 0;
    return exchange(
      this.#endpoint,
      {
        method: 'GET',
        headers: { ...this.#streamHeaders(), ...(from === null ? {} : { 'last-event-id': from.lastEventId }) },
        body: null,
        endless: true,
      },
      {
        onHead: (code) => {
          status = code;
          // Taken up where it ended, it tells of everything in between.
          if (code < 300 && from === null) this.#options.events.watching();
        },
        onMessage: (bytes) => this.#readStream(bytes),
        onEventId: (id) => this.#standing.seen(id),
        onRetry: (ms) => this.#standing.retryIn(ms),
        onEnd: () => {
          // 405: the server offers no stream, and never will.
          if (status === 405) this.#stream.stop();
          // It knows the event no more: without it, the stream begins anew.
          if (status >= 300) this.#standing.forget();
          ended(this.#options.clock.monotonic() - openedAt > LIVED_MS, this.#standing.point?.ms ?? null);
        },
      },
    );
  }

  #streamHeaders(): Record<string, string> {
    return { ...legacyHeaders(this.#revision, this.#sessionId), accept: 'text/event-stream' };
  }

  #readStream(bytes: Uint8Array): void {
    // Nothing that a server says outside a call is large.
    if (bytes.length > LIMITS.largeBytes) return;
    const message = readMessage(bytes, this.#batches());
    if (!message.ok) return;
    for (const one of message.value.kind === 'batch' ? message.value.members : [message.value]) {
      // Answers do not come on this stream (MCP 2025-11-25): only what the server says of its own accord counts here.
      if (one.kind === 'result' || one.kind === 'error') continue;
      receive(one, { calls: this.#calls, events: this.#options.events, callId: null, asks: this.#asks });
    }
  }

  #batches(): boolean {
    return this.#revision === BATCHING;
  }
}

const END_MS = 3000;
const LIVED_MS = 5000;
