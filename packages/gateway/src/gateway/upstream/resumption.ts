import type { ExchangeEnd } from './http-exchange.ts';

/** How long is waited where the server does not say. */
const USUAL_MS = 1000;
const SHORTEST_MS = 50;
const LONGEST_MS = 60_000;
/** Times that a stream may end without a new event since it was last asked for, and times in all. */
const FRUITLESS = 5;
const MOST = 1000;
/** What can stand in a header as it is; any other id cannot be asked for. */
const HEADER_SAFE = /^[\x21-\x7e](?:[\x20-\x7e]{0,510}[\x21-\x7e])?$/;

/** Where a response stream of a stateful server can be taken up again after it ended: MCP 2025-11-25, transports, "Resumability and Redelivery". */
export class Resumption {
  #last: string | null = null;
  #waitMs = USUAL_MS;
  #fruitless = 0;
  #times = 0;

  /** An event came, with this id. */
  seen(id: string): void {
    if (!HEADER_SAFE.test(id)) return;
    if (id !== this.#last) this.#fruitless = 0;
    this.#last = id;
  }

  /** The server says how long to wait (`retry`). */
  retryIn(ms: number): void {
    this.#waitMs = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, ms));
  }

  /** The last event of the stream and its server's wish, for another attempt. */
  get point(): { readonly lastEventId: string; readonly ms: number } | null {
    return this.#last === null ? null : { lastEventId: this.#last, ms: this.#waitMs };
  }

  /** When and from which event to go on after this end; null where the stream never gave an event, or ends again and again. */
  next(end: ExchangeEnd): { readonly lastEventId: string; readonly ms: number } | null {
    if (end.kind !== 'complete' && end.kind !== 'broken') return null;
    this.#fruitless += 1;
    this.#times += 1;
    const { point } = this;
    if (point === null || this.#fruitless > FRUITLESS || this.#times > MOST) return null;
    return this.#fruitless === 1 ? point : { ...point, ms: Math.min(LONGEST_MS, point.ms * 2 ** (this.#fruitless - 1)) };
  }

  forget(): void {
    this.#last = null;
  }
}
