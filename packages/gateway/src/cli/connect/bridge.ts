import type { IncomingMessage } from 'node:http';
import type { JsonObject } from '../../contracts/json.ts';
import {
  classify,
  idOf,
  isObject,
  MODERN,
  parseStrict,
  type RpcBatch,
  type RpcError,
  type RpcErrorResponse,
  type RpcId,
  type RpcNotification,
  type RpcRequest,
  type RpcResult,
  writeHeaders,
} from '../../protocol/index.ts';
import { ANSWERS, errorText, refusalOf } from './answers.ts';
import { ANSWER_MS, BOTH } from './ask.ts';
import type { Outcome } from './exchange.ts';
import { type Flight, Flights } from './flight.ts';
import { keepListening } from './listen.ts';
import { messagesOf, type Received, type StreamPosition } from './messages.ts';
import { Session } from './session.ts';
import { keepStandingStream } from './standing-stream.ts';
import { ToolHeaders } from './tool-headers.ts';
import { backoffMs, rest, type Wire } from './wire.ts';

export interface BridgeDeps {
  readonly wire: Wire;
  /** Writes one message to the client; resolves when there is room for the next. */
  readonly say: (text: string) => Promise<void>;
  /** A line for whoever reads the client's log of its servers. */
  readonly tell: (line: string) => void;
  /** How long a request waits for a gateway that cannot be reached. */
  readonly waitMs: number;
}

const VERSION_KEY = 'io.modelcontextprotocol/protocolVersion';
const HEADER_MISMATCH = -32020;
const MOST_FLIGHTS = 256;
const NOTIFICATION_MS = 10_000;
const RESUMES = 8;
const END_MS = 500;

/** Between a client on stdio and the gateway's Streamable HTTP, in both eras. Every request is answered once: by the gateway, or with an error that says why not. */
export class Bridge {
  readonly #deps: BridgeDeps;
  readonly #session: Session;
  readonly #flights = new Flights();
  readonly #tools = new ToolHeaders();
  readonly #life = new AbortController();
  #standing: AbortController | null = null;
  /** Notifications and answers go one after another, and before what the client sends after them. */
  #order: Promise<void> = Promise.resolve();

  constructor(deps: BridgeDeps) {
    this.#deps = deps;
    this.#session = new Session({ ...deps, signal: this.#life.signal });
  }

  /** One line of the client. The bytes are only valid during the call. */
  receive(bytes: Buffer): void {
    const parsed = parseStrict(bytes);
    if (!parsed.ok) {
      this.#refuse(null, { code: -32700, message: `The message cannot be read (${parsed.reason}).` });
      return;
    }
    const { value, text } = parsed.value;
    const message = classify(value);
    if (!message.ok) {
      const error = { code: -32600, message: `Not a JSON-RPC 2.0 message of MCP: ${message.detail ?? message.reason}.` };
      this.#refuse(idOf(value), error);
      return;
    }
    if (message.value.kind === 'request') this.#request(message.value, text);
    else if (message.value.kind === 'batch') this.#batch(message.value, text);
    else if (message.value.kind === 'notification') this.#notification(message.value, text);
    else this.#answer(message.value, text);
  }

  /** Lets what is being answered come in for a moment, ends the session, and lets go of everything. */
  async end(graceMs: number): Promise<void> {
    const until = performance.now() + graceMs;
    await Promise.race([this.#order, rest(graceMs, this.#life.signal)]);
    while (this.#flights.isBusy && performance.now() < until) await rest(10, this.#life.signal);
    const { id, headers } = this.#session;
    if (id !== null) {
      const signal = AbortSignal.timeout(END_MS);
      const ended = await this.#deps.wire.send({ method: 'DELETE', headers, body: null, signal, silenceMs: END_MS }, 0);
      if (ended.kind === 'answered') ended.response.resume();
    }
    this.#life.abort();
    this.#flights.abortAll();
  }

  #refuse(id: RpcId | null, error: RpcError): void {
    void this.#deps.say(errorText(id, error));
  }

  #request(request: RpcRequest, text: string): void {
    const params = request.params ?? {};
    const era = revisionIn(params) === null ? 'legacy' : 'modern';
    const open = new Map([[JSON.stringify(request.id), request.id]]);
    this.#begin({ request: { method: request.method, params }, era, open, controller: new AbortController(), text });
  }

  #batch({ items }: RpcBatch, text: string): void {
    const open = new Map(items.flatMap((item) => idsOf(item).map((id) => [JSON.stringify(id), id] as const)));
    this.#begin({ request: null, era: 'legacy', open, controller: new AbortController(), text });
  }

  #begin(flight: Flight): void {
    const [first] = flight.open.values();
    if (this.#flights.size >= MOST_FLIGHTS) {
      this.#refuse(first ?? null, ANSWERS.tooMany(MOST_FLIGHTS));
      return;
    }
    if (!this.#flights.add(flight)) {
      this.#refuse(first ?? null, { code: -32600, message: 'A request with this id is still being answered.' });
      return;
    }
    void this.#order.then(() => this.#fly(flight)).catch((fault: unknown) => this.#deps.tell(`fault: ${String(fault)}`));
  }

  async #fly(flight: Flight): Promise<void> {
    try {
      const error = flight.request?.method === 'subscriptions/listen' ? await this.#listen(flight) : await this.#exchange(flight);
      if (error !== null && !flight.controller.signal.aborted) await this.#failed(flight, error);
    } finally {
      this.#flights.drop(flight);
    }
  }

  async #failed(flight: Flight, error: RpcError): Promise<void> {
    for (const id of [...flight.open.values()]) {
      if (this.#flights.settle(flight, id)) await this.#deps.say(errorText(id, error));
    }
  }

  /** Sends until there is an answer to read. Null where all was answered; else what to tell whoever still waits. */
  async #exchange(flight: Flight): Promise<RpcError | null> {
    for (let attempt = 0; ; attempt++) {
      const { id } = this.#session;
      const outcome = await this.#post(flight);
      if (outcome.kind === 'unreachable') return ANSWERS.unreachable(outcome.detail);
      if (outcome.kind === 'lost') return ANSWERS.lost();
      const { response } = outcome;
      if (response.statusCode === 200) {
        const mismatch = await this.#read(flight, response, attempt === 0);
        if (!mismatch) return flight.open.size === 0 ? null : await this.#resume(flight);
      } else {
        const refusal = await refusalOf(response);
        if (attempt > 0) return refusal;
        if (refusal.code === HEADER_MISMATCH && isCall(flight)) await this.#refreshTools(flight);
        else if (response.statusCode === 404 && flight.era === 'legacy' && id !== null) {
          // Nothing was done under a session that is not known, so the request may be sent again in the new one.
          const renewed = await this.#session.renew(id);
          if (!renewed.ok) return renewed.error;
        } else return refusal;
      }
    }
  }

  #post(flight: Flight): Promise<Outcome> {
    const { signal } = flight.controller;
    const headers = { 'content-type': 'application/json', accept: BOTH, ...this.#headersOf(flight) };
    return this.#deps.wire.send({ method: 'POST', headers, body: flight.text, signal, silenceMs: ANSWER_MS }, this.#deps.waitMs);
  }

  #headersOf({ request, era }: Flight): Readonly<Record<string, string>> {
    if (era === 'legacy') return request?.method === 'initialize' ? {} : this.#session.headers;
    if (request === null) return {};
    const name = request.params['name'];
    const declared = request.method === 'tools/call' && typeof name === 'string' ? this.#tools.of(name) : [];
    return visible({
      ...writeHeaders(request.method, request.params, declared),
      'MCP-Protocol-Version': revisionIn(request.params) ?? MODERN,
    });
  }

  async #refreshTools({ request, controller }: Flight): Promise<void> {
    const meta = request?.params['_meta'];
    const headers = writeHeaders('tools/list', {}, []);
    await this.#tools.refresh(this.#deps.wire, isObject(meta) ? meta : {}, headers, controller.signal);
  }

  /** Passes on what an answer holds. True where it says that headers are missing and may be tried once more. */
  async #read(flight: Flight, response: IncomingMessage, mayRetry: boolean, position = startOf()): Promise<boolean> {
    for await (const received of messagesOf(response, position)) {
      if (mayRetry && received.ok && isMismatch(received) && isCall(flight)) {
        await this.#refreshTools(flight);
        return true;
      }
      await this.#deliver(flight, received, response);
      if (flight.open.size === 0) break;
    }
    this.#positions.set(flight, position);
    return false;
  }

  readonly #positions = new WeakMap<Flight, StreamPosition>();

  async #deliver(flight: Flight, received: Received, response: IncomingMessage): Promise<void> {
    if (!received.ok) return this.#failed(flight, ANSWERS.unreadable(received.detail));
    const { message, text } = received;
    if (message.kind === 'request' || message.kind === 'notification') return this.#fromServer(received);
    if (message.kind === 'batch') {
      const ids = message.items.flatMap((item) => (isObject(item) && isId(item['id']) ? [item['id']] : []));
      const wanted = ids.filter((id) => this.#flights.settle(flight, id));
      return wanted.length > 0 ? this.#deps.say(text) : undefined;
    }
    // What refuses a message before it is read names no id; here it can only be about this one.
    if (message.kind === 'error' && message.id === null) return this.#failed(flight, message.error);
    if (message.id === null || !this.#flights.settle(flight, message.id)) {
      this.#deps.tell('an answer that nobody waits for was left out');
      return;
    }
    if (message.kind === 'result') this.#learn(flight, message, response);
    await this.#deps.say(text);
  }

  #learn({ request }: Flight, { result }: RpcResult, response: IncomingMessage): void {
    if (request === null) return;
    if (request.method === 'initialize') {
      const id = response.headers['mcp-session-id'];
      this.#standing?.abort();
      this.#session.begin(request.params, result, typeof id === 'string' ? id : null);
    } else if (request.method === 'tools/list') this.#tools.learn(result);
    else this.#session.succeeded(request.method, request.params);
  }

  async #fromServer(received: Received): Promise<void> {
    if (!received.ok) return this.#deps.tell(`a message of the gateway cannot be read (${received.detail}) and was left out`);
    const { message, text } = received;
    if (message.kind === 'request') this.#session.asked(message.id);
    if (message.kind === 'request' || message.kind === 'notification') await this.#deps.say(text);
  }

  /** The stream of a call broke off, or the gateway ended it to be asked again (MCP 2025-11-25, resumability): it is taken up where it stood. */
  async #resume(flight: Flight): Promise<RpcError | null> {
    const { signal } = flight.controller;
    for (let tries = 0; tries < RESUMES && flight.open.size > 0 && !signal.aborted; tries++) {
      const position = this.#positions.get(flight);
      if (flight.era === 'modern' || position === undefined || position.lastEventId === null) break;
      await rest(position.retryMs ?? backoffMs(tries), signal);
      const headers = { accept: 'text/event-stream', ...this.#session.headers, 'last-event-id': position.lastEventId };
      const before = position.lastEventId;
      const outcome = await this.#deps.wire.send({ method: 'GET', headers, body: null, signal, silenceMs: ANSWER_MS }, this.#deps.waitMs);
      if (outcome.kind !== 'answered') continue;
      if (outcome.response.statusCode !== 200) {
        outcome.response.resume();
        break;
      }
      await this.#read(flight, outcome.response, false, position);
      if (position.lastEventId !== before) tries = 0;
    }
    return flight.open.size === 0 ? null : ANSWERS.lost();
  }

  async #listen(flight: Flight): Promise<RpcError | null> {
    const [id] = flight.open.values();
    if (id === undefined) return null;
    const headers = { 'content-type': 'application/json', accept: BOTH, ...this.#headersOf(flight) };
    const { wire, waitMs, say, tell } = this.#deps;
    const ended = await keepListening({ wire, id, headers, body: flight.text, signal: flight.controller.signal, waitMs, say, tell });
    if (ended === null || 'error' in ended) return ended?.error ?? null;
    if (this.#flights.settle(flight, id)) await say(ended.result);
    return null;
  }

  #notification(notification: RpcNotification, text: string): void {
    const cancelled = notification.method === 'notifications/cancelled' ? notification.params?.['requestId'] : undefined;
    const flight = isId(cancelled) ? this.#flights.find(cancelled) : null;
    if (flight?.era === 'modern') {
      // Over HTTP this revision cancels by closing the response's stream.
      flight.controller.abort();
      this.#flights.drop(flight);
      return;
    }
    this.#inOrder(async () => {
      const sent = await this.#tellGateway(text);
      // The client waits for nothing more, and what was not sent yet never is.
      if (flight !== null) {
        flight.controller.abort();
        this.#flights.drop(flight);
      }
      if (sent && notification.method === 'notifications/initialized') this.#beginStanding();
    });
  }

  #beginStanding(): void {
    this.#session.initialized();
    this.#standing?.abort();
    const standing = new AbortController();
    this.#standing = standing;
    const { wire, tell, waitMs } = this.#deps;
    const signal = AbortSignal.any([standing.signal, this.#life.signal]);
    const receive = (received: Received): Promise<void> => this.#fromServer(received);
    void keepStandingStream({ wire, tell, waitMs, signal, session: this.#session, receive });
  }

  #answer(answer: RpcResult | RpcErrorResponse, text: string): void {
    if (!this.#session.answered(answer.id)) {
      this.#deps.tell('an answer to what nobody asks any more was left out');
      return;
    }
    this.#inOrder(async () => void (await this.#tellGateway(text)));
  }

  #inOrder(work: () => Promise<void>): void {
    this.#order = this.#order.then(work).catch((fault: unknown) => this.#deps.tell(`fault: ${String(fault)}`));
  }

  /** A message that has no answer. True once the gateway took it. */
  async #tellGateway(text: string): Promise<boolean> {
    const { id, headers: known } = this.#session;
    const headers = { 'content-type': 'application/json', accept: BOTH, ...(id === null ? { 'mcp-protocol-version': MODERN } : known) };
    const signal = AbortSignal.any([this.#life.signal, AbortSignal.timeout(NOTIFICATION_MS)]);
    const outcome = await this.#deps.wire.send(
      { method: 'POST', headers, body: text, signal, silenceMs: NOTIFICATION_MS },
      NOTIFICATION_MS / 2,
    );
    if (outcome.kind === 'answered') {
      const status = outcome.response.statusCode ?? 500;
      if (status < 300) outcome.response.resume();
      else this.#deps.tell(`a message of the client was not taken: ${(await refusalOf(outcome.response)).message}`);
      return status < 300;
    }
    this.#deps.tell(`a message of the client did not reach the gateway (${outcome.detail})`);
    return false;
  }
}

const startOf = (): StreamPosition => ({ lastEventId: null, retryMs: null });

function revisionIn(params: JsonObject): string | null {
  const meta = params['_meta'];
  const revision = isObject(meta) ? meta[VERSION_KEY] : undefined;
  return typeof revision === 'string' ? revision : null;
}

const isId = (id: unknown): id is RpcId => typeof id === 'string' || Number.isSafeInteger(id);

const idsOf = (item: RpcBatch['items'][number]): readonly RpcId[] => {
  const id = idOf(item);
  return id === null ? [] : [id];
};

const isCall = ({ request, era }: Flight): boolean => era === 'modern' && request?.method === 'tools/call';

const isMismatch = (received: Received & { readonly ok: true }): boolean =>
  received.message.kind === 'error' && received.message.error.code === HEADER_MISMATCH;

/** A method or revision that no header can carry is left out: the gateway refuses the message for what it is. */
const visible = (headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).filter(([, value]) => /^[\x20-\x7e]*$/.test(value)));
