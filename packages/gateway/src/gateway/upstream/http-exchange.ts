import { LIMITS } from '../../base/limits.ts';
import { parseMediaType } from '../../http/index.ts';
import { type EventFields, SseReader } from '../../protocol/index.ts';
import type { Endpoint } from './http-endpoint.ts';

/** How one POST or GET went, told in order: a head, then messages, then one end. */
export interface ExchangeHandler {
  onHead(status: number, headers: Readonly<Record<string, string | string[] | undefined>>): void;
  /** Bytes of one JSON text: the whole body, or the data of one event. */
  onMessage(bytes: Uint8Array): void;
  /** An event with a name of its own, other than `message`. True where it was one for the handler, which is then told no message. */
  onNamed?(event: string, data: Buffer): boolean;
  /** An event of a stream that can be resumed came with this id; before its message. */
  onEventId?(id: string): void;
  /** Milliseconds that the server asks to wait before the stream is asked for again. */
  onRetry?(ms: number): void;
  onEnd(end: ExchangeEnd): void;
}

export type ExchangeEnd =
  | { readonly kind: 'complete' }
  | { readonly kind: 'too_large' }
  | { readonly kind: 'wrong_type'; readonly type: string }
  /** `sent` false: the server cannot have seen the request. */
  | { readonly kind: 'broken'; readonly sent: boolean; readonly detail: string };

export interface ExchangeOptions {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** Where the stream stays open for long (GET, `subscriptions/listen`) the cap holds for each event, not for their sum. */
  readonly endless: boolean;
}

/** Sends one request and reads its answer, a JSON body or an event stream, within the cap for results. Returns what cuts it off. */
export function exchange(endpoint: Endpoint, options: ExchangeOptions, handler: ExchangeHandler): () => void {
  const reader = new Answer(options.endless, handler, () => cut());
  const cut = (options.endless ? endpoint.streams : endpoint.calls).send(
    {
      method: options.method,
      path: endpoint.path,
      headers: { ...endpoint.headers, ...options.headers },
      body: options.body,
      // The caller's deadline ends the exchange; these only bound what nobody waits for.
      headersMs: options.endless ? 0 : LIMITS.callTotalMs,
      idleMs: options.endless ? 0 : LIMITS.callTotalMs,
    },
    reader,
  );
  return cut;
}

class Answer {
  readonly #endless: boolean;
  readonly #handler: ExchangeHandler;
  readonly #cut: () => void;
  #events: SseReader | null = null;
  #chunks: Buffer[] = [];
  #size = 0;
  #skip = false;
  #over = false;

  constructor(endless: boolean, handler: ExchangeHandler, cut: () => void) {
    this.#endless = endless;
    this.#handler = handler;
    this.#cut = cut;
  }

  onStart(status: number, headers: Readonly<Record<string, string | string[] | undefined>>): void {
    this.#handler.onHead(status, headers);
    const header = headers['content-type'];
    const type = parseMediaType(typeof header === 'string' ? header : undefined)?.essence ?? '';
    if (type === 'text/event-stream') {
      this.#events = new SseReader((data, fields) => this.#event(data, fields), {
        maxEventBytes: LIMITS.bodyBytes,
        onRetry: (ms) => this.#handler.onRetry?.(ms),
        ...(this.#endless ? {} : { maxTotalBytes: LIMITS.bodyBytes + OVERHEAD_BYTES }),
      });
    } else if (type !== 'application/json') {
      this.#skip = true;
      // An empty 202 has no type; a body of another type is never read.
      if (status !== 202 && status !== 204) this.#finish({ kind: 'wrong_type', type: String(header ?? 'none').slice(0, 100) }, true);
    }
  }

  // An event without data primes a stream that can be resumed (MCP 2025-11-25, transports): it carries an id and no message.
  #event(data: Buffer, { event, id }: EventFields): void {
    if (this.#over) return;
    if (id !== null) this.#handler.onEventId?.(id);
    if (event !== null && event !== 'message' && this.#handler.onNamed?.(event, data) === true) return;
    if (data.length > 0) this.#handler.onMessage(data);
  }

  onData(chunk: Buffer): void {
    if (this.#over) return;
    this.#size += chunk.length;
    const within = this.#events === null ? this.#size <= LIMITS.bodyBytes : this.#events.push(chunk);
    if (!within) this.#finish({ kind: 'too_large' }, true);
    else if (this.#events === null && !this.#skip) this.#chunks.push(chunk);
  }

  onEnd(): void {
    const [first] = this.#chunks;
    if (!this.#over && first !== undefined) this.#handler.onMessage(this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks));
    this.#finish({ kind: 'complete' }, false);
  }

  onError(error: Error, sent: boolean): void {
    this.#finish({ kind: 'broken', sent, detail: (error as NodeJS.ErrnoException).code ?? error.message }, false);
  }

  #finish(end: ExchangeEnd, cut: boolean): void {
    if (this.#over) return;
    this.#over = true;
    this.#chunks = [];
    if (cut) this.#cut();
    this.#handler.onEnd(end);
  }
}

/** What an event stream may carry besides one result of the largest size: field names, comments, notifications. */
const OVERHEAD_BYTES = 1_048_576;
