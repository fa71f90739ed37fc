import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Place } from './place.ts';

export interface Sending {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly signal: AbortSignal;
  /** The longest silence of the other end, in milliseconds, before the answer and within it. */
  readonly silenceMs: number;
}

/**
 * How one HTTP exchange began. `unreachable`: nothing was sent, so it may be sent again. `lost`: it was sent and no answer came, so whether
 * it acted is not known.
 */
export type Outcome =
  | { readonly kind: 'answered'; readonly response: IncomingMessage }
  | { readonly kind: 'unreachable'; readonly detail: string }
  | { readonly kind: 'lost'; readonly detail: string };

const CONNECT_MS = 10_000;
const HEADER_BYTES = 16_384;

const PLAIN = new HttpAgent({ keepAlive: true });
const SECURE = new HttpsAgent({ keepAlive: true, minVersion: 'TLSv1.3' });

/** Sends one request and follows no redirect. `sending.signal` cuts it off, also while its answer is being read. */
export function exchange({ url, key }: Place, sending: Sending): Promise<Outcome> {
  const { method, headers, body, signal, silenceMs } = sending;
  const secure = url.protocol === 'https:';
  return new Promise((resolve) => {
    let connected = false;
    const outgoing = (secure ? httpsRequest : httpRequest)(url, {
      method,
      agent: secure ? SECURE : PLAIN,
      headers: { ...headers, authorization: `Bearer ${key.reveal()}` },
      maxHeaderSize: HEADER_BYTES,
      signal,
    });
    const slow = setTimeout(() => outgoing.destroy(new Error('no connection in time')), CONNECT_MS);
    const reached = (): void => {
      connected = true;
      clearTimeout(slow);
      outgoing.setTimeout(silenceMs, () => outgoing.destroy(new Error('it says nothing')));
    };
    outgoing.once('socket', (socket) => {
      if (outgoing.reusedSocket) reached();
      else socket.once(secure ? 'secureConnect' : 'connect', reached);
    });
    outgoing.once('response', (response) => {
      clearTimeout(slow);
      resolve({ kind: 'answered', response });
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(slow);
      resolve({ kind: connected ? 'lost' : 'unreachable', detail: error.code ?? error.message });
    });
    outgoing.end(body ?? undefined);
  });
}
