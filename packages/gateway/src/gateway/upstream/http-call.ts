import { failure } from '../../base/result.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { GatewayReason } from '../../contracts/reasons/gateway.ts';
import type { Calls, Outcome } from './calls.ts';
import type { ConnectionEvents } from './connection.ts';
import type { Endpoint } from './http-endpoint.ts';
import { type ExchangeEnd, exchange } from './http-exchange.ts';
import { receive } from './incoming.ts';
import { readMessage } from './read-message.ts';

export interface HttpCall {
  readonly id: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly calls: Calls;
  readonly events: ConnectionEvents;
  /** A listen stream: no cap on the sum of its events, and no deadline of its own. */
  readonly endless: boolean;
  onHead(status: number, headers: Readonly<Record<string, string | string[] | undefined>>): void;
  reply(message: JsonObject): void;
  /** Every message that is not the call's own answer or progress, before it is acted upon; for listen streams. */
  onMethod?(method: string, params: JsonObject): void;
}

/** Notifications and requests on one response stream: a server that sends them without end is cut off. */
const MESSAGES_PER_STREAM = 20_000;

/** Posts one request. Whatever happens to the exchange, the call is settled when it ends. Returns what cuts it off. */
export function postCall(endpoint: Endpoint, call: HttpCall): () => void {
  let status = 0;
  let messages = 0;
  const cut = exchange(
    endpoint,
    { method: 'POST', headers: call.headers, body: call.body, endless: call.endless },
    {
      onHead: (code, headers) => {
        status = code;
        call.onHead(code, headers);
      },
      onMessage: (bytes) => {
        messages += 1;
        if (!call.endless && messages > MESSAGES_PER_STREAM) {
          call.calls.settle(call.id, failure('gateway.upstream_garbage', 'too many messages on one stream'));
          cut();
          return;
        }
        readInto(bytes, status, call);
      },
      onEnd: (end) => {
        if (call.calls.has(call.id)) call.calls.settle(call.id, outcomeOf(end, status));
      },
    },
  );
  return cut;
}

function readInto(bytes: Uint8Array, status: number, call: HttpCall): void {
  const message = readMessage(bytes);
  if (!message.ok) {
    const reason = status >= 400 ? reasonOfStatus(status) : message.reason;
    if (call.calls.has(call.id)) call.calls.settle(call.id, failure(reason, message.detail));
    return;
  }
  const read = message.value;
  if (read.kind === 'notification' && call.onMethod !== undefined) call.onMethod(read.method, read.params);
  // An error without an id on a refused request is about this request (JSON-RPC 2.0 section 5: null where the id could not be read).
  const own = read.kind === 'error' && read.id === null && status >= 400 ? { ...read, id: call.id } : read;
  if (status === 401 || status === 403) {
    call.calls.settle(call.id, failure('gateway.upstream_authentication', `status ${status}`));
    return;
  }
  receive(own, { calls: call.calls, events: call.events, callId: call.id, reply: (answer) => call.reply(answer) });
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
