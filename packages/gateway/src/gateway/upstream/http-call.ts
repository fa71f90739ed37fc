import { LIMITS } from '../../base/limits.ts';
import { failure } from '../../base/result.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { GatewayReason } from '../../contracts/reasons/gateway.ts';
import type { LargeReader } from '../../protocol/index.ts';
import type { Asks } from './asks.ts';
import type { Calls, Outcome } from './calls.ts';
import type { ConnectionEvents } from './connection.ts';
import type { Endpoint } from './http-endpoint.ts';
import { type ExchangeEnd, exchange } from './http-exchange.ts';
import { receive } from './incoming.ts';
import { MessageReader } from './message-reader.ts';
import type { Incoming, Read } from './read-message.ts';
import { Resumption } from './resumption.ts';

export interface HttpCall {
  readonly id: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly calls: Calls;
  readonly large: LargeReader;
  readonly events: ConnectionEvents;
  /** A listen stream: no cap on the sum of its events, and no deadline of its own. */
  readonly endless: boolean;
  /** How a response stream that ended before its answer is asked for the rest; null where this era has no such thing. */
  readonly resume: Resume | null;
  /** The head of the answer to the POST. */
  onHead(status: number, headers: Readonly<Record<string, string | string[] | undefined>>): void;
  readonly asks: Asks | null;
  /** Whether the server may put several messages in one; absent where its era has no such thing. */
  batches?(): boolean;
  /** A message that was too large for a listen stream, and was left out. */
  onLeftOut?(): void;
  /** Every message that is not the call's own answer or progress, before it is acted upon; for listen streams. */
  onMethod?(method: string, params: JsonObject): void;
}

export interface Resume {
  /** Of a GET that asks for what came after an event. */
  headers(lastEventId: string): Readonly<Record<string, string>>;
  /** The server let go of the stream and expects to be asked again after this time. */
  onParked(retryMs: number): void;
}

/** Notifications and requests on one response stream: a server that sends them without end is cut off. */
const MESSAGES_PER_STREAM = 20_000;

/** Posts one request. Whatever happens to its streams, the call is settled when they end. Returns what cuts it off. */
export function postCall(endpoint: Endpoint, call: HttpCall): () => void {
  const posted = new PostedCall(endpoint, call);
  posted.post();
  return () => posted.cut();
}

class PostedCall {
  readonly #endpoint: Endpoint;
  readonly #call: HttpCall;
  readonly #resumption = new Resumption();
  readonly #reader: MessageReader;
  #status = 0;
  #messages = 0;
  #cut: () => void = () => {};
  #timer: NodeJS.Timeout | undefined;

  constructor(endpoint: Endpoint, call: HttpCall) {
    this.#endpoint = endpoint;
    this.#call = call;
    this.#reader = new MessageReader(call.large, (read) => take(read, this.#status, call), call.batches);
  }

  post(): void {
    const { headers, body, endless } = this.#call;
    this.#cut = exchange(
      this.#endpoint,
      { method: 'POST', headers, body, endless },
      {
        onHead: (status, given) => {
          this.#status = status;
          this.#call.onHead(status, given);
        },
        onMessage: (bytes) => this.#read(bytes),
        onEventId: (id) => this.#resumption.seen(id),
        onRetry: (ms) => this.#resumption.retryIn(ms),
        onEnd: (end) => this.#reader.whenRead(() => this.#ended(end)),
      },
    );
  }

  cut(): void {
    clearTimeout(this.#timer);
    this.#cut();
  }

  #read(bytes: Uint8Array): void {
    this.#messages += 1;
    // Nothing that a server says outside a call is large, but for the result of a task: that is asked for.
    if (this.#call.endless && bytes.length > LIMITS.largeBytes) {
      this.#call.onLeftOut?.();
    } else if (!this.#call.endless && this.#messages > MESSAGES_PER_STREAM) {
      this.#settle(failure('gateway.upstream_garbage', 'too many messages on one stream'));
      this.cut();
    } else {
      this.#reader.read(bytes);
    }
  }

  #ended(end: ExchangeEnd): void {
    const { calls, id, resume } = this.#call;
    if (!calls.has(id)) return;
    const wait = resume === null || this.#status >= 300 ? null : this.#resumption.next(end);
    if (wait === null || resume === null) {
      this.#settle(outcomeOf(end, this.#status));
    } else {
      resume.onParked(wait.ms);
      this.#timer = setTimeout(() => this.#resumeAfter(wait.lastEventId, resume), wait.ms);
    }
  }

  // What arrived of a call may have acted, so it is never posted again: the rest of its answer is asked for by the event that came last.
  #resumeAfter(lastEventId: string, resume: Resume): void {
    let status = 0;
    this.#cut = exchange(
      this.#endpoint,
      { method: 'GET', headers: resume.headers(lastEventId), body: null, endless: this.#call.endless },
      {
        onHead: (code) => {
          status = code;
        },
        onMessage: (bytes) => {
          if (status < 300) this.#read(bytes);
        },
        onEventId: (id) => this.#resumption.seen(id),
        onRetry: (ms) => this.#resumption.retryIn(ms),
        onEnd: (end) =>
          this.#reader.whenRead(() => {
            if (status < 300) this.#ended(end);
            else if (status >= 500) this.#ended({ kind: 'broken', sent: true, detail: `status ${status}` });
            else this.#settle(failure('gateway.upstream_closed', `its stream ended early and could not be resumed: status ${status}`));
          }),
      },
    );
  }

  #settle(outcome: Outcome): void {
    if (this.#call.calls.has(this.#call.id)) this.#call.calls.settle(this.#call.id, outcome);
  }
}

function take(message: Read, status: number, call: HttpCall): void {
  if (!message.ok) {
    const reason = status >= 400 ? reasonOfStatus(status) : message.reason;
    if (call.calls.has(call.id)) call.calls.settle(call.id, failure(reason, message.detail));
    return;
  }
  const { value } = message;
  for (const read of value.kind === 'batch' ? value.members : [value]) takeOne(read, status, call);
}

function takeOne(read: Incoming, status: number, call: HttpCall): void {
  if (read.kind === 'notification' && call.onMethod !== undefined) call.onMethod(read.method, read.params);
  // An error without an id on a refused request is about this request (JSON-RPC 2.0 section 5: null where the id could not be read).
  const own = read.kind === 'error' && read.id === null && status >= 400 ? { ...read, id: call.id } : read;
  if (status === 401 || status === 403) {
    call.calls.settle(call.id, failure('gateway.upstream_authentication', `status ${status}`));
    return;
  }
  receive(own, { calls: call.calls, events: call.events, callId: call.id, asks: call.asks });
}

function outcomeOf(end: ExchangeEnd, status: number): Outcome {
  switch (end.kind) {
    case 'too_large':
      return failure('gateway.upstream_too_large');
    case 'wrong_type':
      return failure(status >= 400 ? reasonOfStatus(status) : 'gateway.upstream_garbage', `status ${status}, content type ${end.type}`);
    case 'broken':
      // A request that may have arrived may have acted: only one that cannot have is called unreachable.
      return failure(end.sent ? 'gateway.upstream_closed' : 'gateway.upstream_unavailable', end.detail);
    case 'complete':
      return failure(status >= 400 ? reasonOfStatus(status) : 'gateway.upstream_garbage', `status ${status} without an answer`);
  }
}

/** The reason for a status that carried no readable JSON-RPC answer. */
function reasonOfStatus(status: number): GatewayReason {
  if (status === 401 || status === 403) return 'gateway.upstream_authentication';
  return status >= 500 || status === 429 ? 'gateway.upstream_unavailable' : 'gateway.upstream_garbage';
}
