import type { JsonObject } from '../../contracts/json.ts';
import { isObject, type RpcError, type RpcId } from '../../protocol/index.ts';
import { ANSWERS, refusalOf } from './answers.ts';
import { isStream, messagesOf, type Received } from './messages.ts';
import { STREAM_SILENCE_MS } from './standing-stream.ts';
import { backoffMs, rest, type Wire } from './wire.ts';

const ACKNOWLEDGED = 'notifications/subscriptions/acknowledged';
const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId';

export interface ListenDeps {
  readonly wire: Wire;
  readonly id: RpcId;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
  readonly waitMs: number;
  readonly say: (text: string) => Promise<void>;
  readonly tell: (line: string) => void;
}

/** How a subscription ended: with its result, as it came, or because it cannot be opened. Null: the client cancelled it. */
export type Ended = { readonly result: string } | { readonly error: RpcError } | null;

/**
 * `subscriptions/listen` of 2026-07-28, held open over restarts: a stream that ends is opened again, and since nobody knows what changed
 * meanwhile, the client is told that all it listens to may have.
 */
export async function keepListening(deps: ListenDeps): Promise<Ended> {
  const { wire, headers, body, signal } = deps;
  let granted: JsonObject | null = null;
  let last: string | null = null;
  for (let tries = 0; !signal.aborted; tries++) {
    const waitMs = granted === null ? deps.waitMs : Number.POSITIVE_INFINITY;
    const outcome = await wire.send({ method: 'POST', headers, body, signal, silenceMs: STREAM_SILENCE_MS }, waitMs);
    if (signal.aborted) break;
    if (outcome.kind === 'unreachable') return { error: ANSWERS.unreachable(outcome.detail) };
    if (outcome.kind === 'answered') {
      const { response } = outcome;
      const status = response.statusCode ?? 500;
      if (status === 200 && isStream(response)) {
        const began = performance.now();
        const stream = await follow(messagesOf(response, { lastEventId: null, retryMs: null }), deps, granted);
        if (stream.error !== null) return { error: stream.error };
        if (granted === null && stream.granted === null && stream.result !== null) return { result: stream.result };
        granted = stream.granted;
        last = stream.result ?? last;
        if (performance.now() - began > 1000) tries = 0;
      } else {
        const passing = granted !== null && (status === 503 || status === 429);
        const error = await refusalOf(response);
        if (!passing) return last === null ? { error } : { result: last };
      }
    }
    await rest(backoffMs(tries), signal);
  }
  return null;
}

interface Followed {
  readonly granted: JsonObject | null;
  readonly result: string | null;
  readonly error: RpcError | null;
}

async function follow(messages: AsyncIterable<Received>, deps: ListenDeps, before: JsonObject | null): Promise<Followed> {
  const { id, say, tell } = deps;
  let granted = before;
  for await (const received of messages) {
    if (!received.ok) {
      tell(`a message of the gateway cannot be read (${received.detail}) and was left out`);
      continue;
    }
    const { message, text } = received;
    if (message.kind === 'result' && message.id === id) return { granted, result: text, error: null };
    if (message.kind === 'error') return { granted, result: null, error: message.error };
    if (message.kind !== 'notification') continue;
    if (message.method !== ACKNOWLEDGED) {
      await say(text);
      continue;
    }
    const notifications = message.params?.['notifications'];
    granted = isObject(notifications) ? notifications : {};
    if (before === null) await say(text);
    else for (const change of mayHaveChanged(granted, id)) await say(change);
  }
  return { granted, result: null, error: null };
}

function* mayHaveChanged(granted: JsonObject, id: RpcId): Generator<string> {
  const tagged = (method: string, params: JsonObject = {}): string =>
    JSON.stringify({ jsonrpc: '2.0', method, params: { ...params, _meta: { [SUBSCRIPTION]: id } } });
  for (const kind of ['tools', 'prompts', 'resources']) {
    if (granted[`${kind}ListChanged`] === true) yield tagged(`notifications/${kind}/list_changed`);
  }
  const uris = granted['resourceSubscriptions'];
  for (const uri of Array.isArray(uris) ? uris : []) yield tagged('notifications/resources/updated', { uri });
}
