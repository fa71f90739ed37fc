import { LIMITS } from '../../base/limits.ts';
import type { JsonObject, JsonValue } from '../../contracts/json.ts';
import { isObject, isSoundNotification } from '../../protocol/index.ts';
import type { Asks } from './asks.ts';
import type { Calls } from './calls.ts';
import type { ConnectionEvents, Granted } from './connection.ts';
import type { Incoming, Received } from './read-message.ts';
import type { ListName } from './upstream.ts';

export interface Receiver {
  readonly calls: Calls;
  readonly events: ConnectionEvents;
  /** The call on whose own response stream the message arrived; null on a stream that all calls share. */
  readonly callId: string | null;
  /** Null where a server of this era sends no requests. */
  readonly asks: Asks | null;
}

/** Acts on one message of a server. What it says of calls counts only for calls that are open; everything unknown is dropped. */
export function receive(message: Received, to: Receiver): void {
  switch (message.kind) {
    case 'batch':
      for (const member of message.members) receive(member, to);
      return;
    case 'result':
      if (ownStream(message.id, to)) to.calls.answer(message.id, { kind: 'result', result: message.result, text: message.text });
      return;
    case 'error':
      if (ownStream(message.id, to)) to.calls.answer(message.id, withoutId(message));
      return;
    case 'request':
      to.asks?.take(message.id, message.method, message.params, to.calls.originOf(to.callId));
      return;
    case 'notification':
      notify(message.method, message.params, to);
      return;
  }
}

const withoutId = ({ id: _, ...error }: Extract<Incoming, { readonly kind: 'error' }>) => error;

// On the response stream of one call a server may answer that call only: otherwise one request could settle another principal's.
const ownStream = (id: JsonValue, to: Receiver): boolean => to.callId === null || to.callId === id;

const LIST_CHANGED: Readonly<Record<string, ListName>> = {
  'notifications/tools/list_changed': 'tools',
  'notifications/prompts/list_changed': 'prompts',
  'notifications/resources/list_changed': 'resources',
};

function notify(method: string, params: JsonObject, to: Receiver): void {
  // What has not the shape of its method is nobody's: a client would read it as its own schema says.
  if (!isSoundNotification(method, params)) return;
  if (method === 'notifications/progress') {
    if (to.callId === null || params['progressToken'] === to.callId) to.calls.progress(params);
  } else if (Object.hasOwn(LIST_CHANGED, method)) {
    to.events.listChanged(LIST_CHANGED[method] as ListName);
  } else if (method === 'notifications/cancelled') {
    to.asks?.cancel(params['requestId']);
  } else if (method === 'notifications/elicitation/complete') {
    to.events.elicited(params);
  } else if (method === 'notifications/resources/updated') {
    const { uri } = params;
    if (typeof uri === 'string' && uri.length <= LIMITS.uriBytes) to.events.updated(uri, subscriptionOf(params));
  } else if (method === 'notifications/subscriptions/acknowledged') {
    to.events.acknowledged(acknowledgedIn(params), subscriptionOf(params));
  } else if (method === 'notifications/tasks') {
    to.events.task(params, subscriptionOf(params));
  } else if (method === 'notifications/tasks/status') {
    to.events.taskStatus(params);
  } else if (method === 'notifications/message') {
    if (to.callId === null) to.events.log(params);
    else to.calls.log(to.callId, params);
  }
}

const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId';

const subscriptionOf = ({ _meta: meta }: JsonObject): JsonValue => (isObject(meta) ? (meta[SUBSCRIPTION] ?? null) : null);

function acknowledgedIn({ notifications }: JsonObject): Granted {
  const said = isObject(notifications) ? notifications : {};
  const texts = (value: JsonValue | undefined): readonly string[] =>
    Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
  return { resources: texts(said['resourceSubscriptions']), tasks: texts(said['taskIds']) };
}
