import type { IncomingMessage } from 'node:http';
import type { JsonObject } from '../../contracts/json.ts';
import type { RpcError } from '../../protocol/index.ts';
import { ANSWERS, refusalOf } from './answers.ts';
import { messagesOf } from './messages.ts';
import type { Wire } from './wire.ts';

export const BOTH = 'application/json, text/event-stream';
/** No call of the gateway takes longer than 300 s (`LIMITS.callTotalMs`). */
export const ANSWER_MS = 330_000;

export type Asked =
  | { readonly ok: true; readonly result: JsonObject; readonly response: IncomingMessage }
  | { readonly ok: false; readonly error: RpcError; readonly status: number | null };

let asked = 0;

/** A request of the bridge's own, with an id that no client chose. Nothing of it reaches the client. */
export async function ask(
  wire: Wire,
  request: { readonly method: string; readonly params: JsonObject; readonly headers: Readonly<Record<string, string>> },
  { signal, waitMs }: { readonly signal: AbortSignal; readonly waitMs: number },
): Promise<Asked> {
  asked += 1;
  const id = `sallyport-connect-${asked}`;
  const body = JSON.stringify({ jsonrpc: '2.0', id, method: request.method, params: request.params });
  const headers = { 'content-type': 'application/json', accept: BOTH, ...request.headers };
  const outcome = await wire.send({ method: 'POST', headers, body, signal, silenceMs: ANSWER_MS }, waitMs);
  if (outcome.kind === 'unreachable') return { ok: false, error: ANSWERS.unreachable(outcome.detail), status: null };
  if (outcome.kind === 'lost') return { ok: false, error: ANSWERS.lost(), status: null };
  const { response } = outcome;
  const status = response.statusCode ?? 500;
  if (status !== 200) return { ok: false, error: await refusalOf(response), status };
  for await (const received of messagesOf(response, { lastEventId: null, retryMs: null })) {
    if (!received.ok) return { ok: false, error: ANSWERS.unreadable(received.detail), status };
    const { message } = received;
    if (message.kind === 'result' && message.id === id) return { ok: true, result: message.result, response };
    if (message.kind === 'error' && message.id === id) return { ok: false, error: message.error, status };
  }
  return { ok: false, error: ANSWERS.lost(), status };
}
