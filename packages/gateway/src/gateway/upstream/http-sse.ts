import { failure, type Result, success } from '../../base/result.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { GatewayReason } from '../../contracts/reasons/gateway.ts';
import { Asks } from './asks.ts';
import { Calls, type Outcome } from './calls.ts';
import { CALLS_PER_CONNECTION, type Connecting, type Connection, type ConnectOptions, type ServerFacts } from './connection.ts';
import { initialize, legacyParams, ownRequest } from './handshake.ts';
import type { Endpoint } from './http-endpoint.ts';
import { type ExchangeEnd, exchange } from './http-exchange.ts';
import { legacyHeaders, tracedHeaders } from './http-headers.ts';
import { receive } from './incoming.ts';
import { MessageReader } from './message-reader.ts';
import { BATCHING, type Read } from './read-message.ts';
import type { UpstreamRequest } from './upstream.ts';

/** How long a stream may stay open without naming where to post: a server of a later transport has such streams too. */
const ENDPOINT_MS = 5000;
/** Messages on the stream that are none before the server counts as broken. */
const GARBAGE = 100;
const URL_CHARS = 2000;
const POST_MS = 20_000;

/**
 * HTTP+SSE, the transport of 2024-11-05: one stream on which everything of the server comes, and a place to post to that it names first. The stream is
 * the session: when it ends, the session is over, and nothing is posted again. Fails with `gateway.upstream_era` where the server has no such stream.
 */
export async function openSse(endpoint: Endpoint, options: ConnectOptions): Connecting {
  const session = new SseSession(endpoint, options);
  const opened = await session.open();
  const facts = opened.ok ? await initialize((request) => session.request(request), options.capabilities, options.startMs) : opened;
  if (!facts.ok) {
    session.close('the handshake failed');
    return facts;
  }
  session.tell('notifications/initialized', {});
  return success(session.ready(facts.value));
}

class SseSession {
  readonly #endpoint: Endpoint;
  readonly #options: ConnectOptions;
  readonly #calls: Calls;
  readonly #asks: Asks;
  readonly #reader: MessageReader;
  readonly closed: Promise<string>;
  #tellClosed: (detail: string) => void = () => {};
  #settleOpen: (opened: Result<null, GatewayReason>) => void = () => {};
  #cut: () => void = () => {};
  /** Where messages are posted to; null until the server has named it. */
  #post: Endpoint | null = null;
  #revision: string | null = null;
  #level: string | null = null;
  #status = 0;
  #garbage = 0;
  #over = false;

  constructor(endpoint: Endpoint, options: ConnectOptions) {
    this.#endpoint = endpoint;
    this.#options = options;
    this.#asks = new Asks({
      clock: options.clock,
      ask: options.events.ask,
      send: (message) => this.#send(message),
      onFlood: () => this.close('it floods its client with requests'),
    });
    this.#calls = new Calls(options.clock, CALLS_PER_CONNECTION, () => this.#asks.budget.open);
    this.#reader = new MessageReader(
      options.large,
      (read) => this.#take(read),
      () => this.#revision === BATCHING,
    );
    this.closed = new Promise((resolve) => {
      this.#tellClosed = resolve;
    });
  }

  /** Opens the stream and waits for the place to post to. */
  open(): Promise<Result<null, GatewayReason>> {
    const opened = new Promise<Result<null, GatewayReason>>((resolve) => {
      this.#settleOpen = resolve;
    });
    const late = (): void => this.#settleOpen(failure('gateway.upstream_era', 'no endpoint was named'));
    const timer = setTimeout(late, Math.min(ENDPOINT_MS, this.#options.startMs));
    this.#cut = exchange(
      this.#endpoint,
      { method: 'GET', headers: { accept: 'text/event-stream' }, body: null, endless: true },
      {
        onHead: (status) => {
          this.#status = status;
        },
        onMessage: (bytes) => this.#read(bytes),
        onNamed: (event, data) => event === 'endpoint' && this.#named(data),
        onEnd: (end) => this.#ended(end),
      },
    );
    return opened.finally(() => clearTimeout(timer));
  }

  async request(request: UpstreamRequest): Promise<Outcome> {
    const post = this.#post;
    if (this.#over || post === null) return failure('gateway.upstream_closed');
    const call = this.#calls.start(request, (id) => {
      // `initialize` must not be cancelled (MCP 2025-11-25, cancellation).
      if (request.method !== 'initialize') this.tell('notifications/cancelled', { requestId: id });
    });
    if (call === null) return failure('gateway.upstream_busy');
    const body = JSON.stringify({ jsonrpc: '2.0', id: call.id, method: request.method, params: legacyParams(request, call.id) });
    this.#exchange(post, body, tracedHeaders(request), (reason, detail) => this.#calls.settle(call.id, failure(reason, detail)));
    return call.outcome;
  }

  tell(method: string, params: JsonObject): void {
    this.#send({ jsonrpc: '2.0', method, params });
  }

  ready(facts: ServerFacts): Connection {
    this.#revision = facts.revision;
    return {
      facts,
      request: (request) => this.request(request),
      setLogLevel: (level) => this.#setLogLevel(level, facts),
      tell: (method, params) => this.tell(method, params),
      // The one stream tells of everything from the beginning.
      watch: () => {},
      unwatch: () => {},
      subscribe: () => Promise.resolve(failure('gateway.upstream_era')),
      closed: this.closed,
      close: () => Promise.resolve(this.close('ended by the gateway')),
    };
  }

  close(detail: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#cut();
    this.#asks.endAll();
    this.#settleOpen(failure('gateway.upstream_closed', detail));
    this.#calls.failAll('gateway.upstream_closed', detail);
    this.#tellClosed(detail);
  }

  async #setLogLevel(level: string, facts: ServerFacts): Promise<void> {
    if (facts.capabilities['logging'] === undefined || this.#level === level) return;
    this.#level = level;
    await this.request(ownRequest('logging/setLevel', { level }, this.#options.startMs));
  }

  #send(message: JsonObject): void {
    const post = this.#post;
    if (post !== null && !this.#over) this.#exchange(post, JSON.stringify(message), {}, () => {});
  }

  /** Posts one message. Its answer comes on the stream; here is only told that it was not taken. */
  #exchange(
    post: Endpoint,
    body: string,
    headers: Readonly<Record<string, string>>,
    onRefused: (reason: GatewayReason, detail: string) => void,
  ): void {
    let status = 0;
    const cut = exchange(
      post,
      { method: 'POST', headers: { ...legacyHeaders(this.#revision, null), ...headers }, body, endless: false },
      {
        onHead: (code) => {
          status = code;
        },
        onMessage: () => {},
        onEnd: (end) => {
          clearTimeout(timer);
          if (status >= 400) onRefused(reasonOf(status), `status ${status}`);
          else if (end.kind === 'broken') onRefused(end.sent ? 'gateway.upstream_closed' : 'gateway.upstream_unavailable', end.detail);
          // The server does not know the session any more: the next one begins anew.
          if (status === 404) this.close('its session is not known any more');
        },
      },
    );
    const timer = setTimeout(cut, POST_MS);
    timer.unref();
  }

  /** The first place that is named counts, where it stands on the same origin: a server must not send our messages elsewhere. */
  #named(data: Buffer): true {
    if (this.#post !== null) return true;
    const text = data.toString('utf8');
    const base = new URL(this.#endpoint.path, this.#endpoint.calls.origin);
    const url = text.length <= URL_CHARS && /^[\x21-\x7e]+$/.test(text) ? URL.parse(text, base) : null;
    if (url === null || url.origin !== base.origin || url.username !== '' || url.password !== '') {
      this.#settleOpen(failure('gateway.upstream_garbage', 'it names a place on another origin to post to'));
      this.close('it names a place on another origin to post to');
      return true;
    }
    this.#post = { ...this.#endpoint, path: `${url.pathname}${url.search}` };
    this.#settleOpen(success(null));
    return true;
  }

  #read(bytes: Uint8Array): void {
    if (!this.#over && this.#post !== null) this.#reader.read(bytes);
  }

  #take(read: Read): void {
    if (read.ok) {
      receive(read.value, { calls: this.#calls, events: this.#options.events, callId: null, asks: this.#asks });
      return;
    }
    this.#garbage += 1;
    if (this.#garbage > GARBAGE) this.close('what it sends is not the protocol');
  }

  #ended(end: ExchangeEnd): void {
    const detail = end.kind === 'broken' ? end.detail : end.kind;
    this.#settleOpen(failure(openReason(this.#status, end), `status ${this.#status}, ${detail}`));
    this.#reader.whenRead(() => this.close(`its stream ended (${detail})`));
  }
}

const reasonOf = (status: number): GatewayReason => {
  if (status === 401 || status === 403) return 'gateway.upstream_authentication';
  if (status === 404) return 'gateway.upstream_closed';
  return status >= 500 || status === 429 ? 'gateway.upstream_unavailable' : 'gateway.upstream_garbage';
};

function openReason(status: number, end: ExchangeEnd): GatewayReason {
  if (status === 401 || status === 403 || status >= 500 || status === 429) return reasonOf(status);
  // Whatever answered, be it JSON: it ended without naming a place to post to, so it is no such stream.
  return status === 0 && end.kind === 'broken' ? 'gateway.upstream_closed' : 'gateway.upstream_era';
}
