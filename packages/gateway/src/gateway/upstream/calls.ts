import { random } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import { LIMITS } from '../../base/limits.ts';
import { failure, type Result, success } from '../../base/result.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { GatewayReason } from '../../contracts/reasons/gateway.ts';
import type { CallStream } from '../downstream/call-stream.ts';
import type { UpstreamAnswer, UpstreamRequest } from './upstream.ts';

export type Outcome = Result<UpstreamAnswer, GatewayReason>;

interface Call {
  readonly request: UpstreamRequest;
  readonly startedAt: number;
  readonly settle: (outcome: Outcome) => void;
  readonly onAbandon: () => void;
  readonly abort: () => void;
  timer: NodeJS.Timeout;
  notifications: number;
}

/** A call under way. `id` is also its progress token. */
export interface Started {
  readonly id: string;
  readonly outcome: Promise<Outcome>;
}

/**
 * The calls that one session has open. Ids are ours: a random prefix of 96 bits for each session and a counter, so that no server can name a call of
 * another session, and no client's id ever leaves. A call settles exactly once; whatever comes for it later is counted and dropped.
 */
export class Calls {
  readonly #prefix = random(12).toString('base64url');
  readonly #open = new Map<string, Call>();
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #asked: () => number;
  #next = 0;
  #stray = 0;

  /** @param asked how many requests of the server are open: while it waits for a client's answer its calls are not late. */
  constructor(clock: Clock, limit: number, asked: () => number = () => 0) {
    this.#clock = clock;
    this.#limit = limit;
    this.#asked = asked;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Answers to ids and progress for tokens that are not open: late, doubled or forged. */
  get stray(): number {
    return this.#stray;
  }

  /** Null where too many are open. `onAbandon` runs when we stop waiting (deadline, cancellation), never after an answer. */
  start(request: UpstreamRequest, onAbandon: (id: string) => void): Started | null {
    if (this.#open.size >= this.#limit) return null;
    const id = `${this.#prefix}${(this.#next++).toString(36)}`;
    const outcome = new Promise<Outcome>((resolve) => {
      const call: Call = {
        request,
        startedAt: this.#clock.monotonic(),
        settle: resolve,
        onAbandon: () => onAbandon(id),
        abort: () => this.#abandon(id, 'gateway.cancelled'),
        timer: setTimeout(() => this.#late(id), request.timeoutMs),
        notifications: 0,
      };
      this.#open.set(id, call);
      if (request.signal.aborted) queueMicrotask(call.abort);
      else request.signal.addEventListener('abort', call.abort, { once: true });
    });
    return { id, outcome };
  }

  /** The client's call that a message belongs to: by the response stream it came on, else the only one that is open. */
  originOf(id: string | null): CallStream | null {
    if (id !== null) return this.#open.get(id)?.request.origin ?? null;
    let only: CallStream | null = null;
    for (const { request } of this.#open.values()) {
      if (request.origin === undefined) continue;
      if (only !== null) return null;
      only = request.origin;
    }
    return only;
  }

  has(id: string): boolean {
    return this.#open.has(id);
  }

  answer(id: string | number | null, answer: UpstreamAnswer): boolean {
    return this.settle(id, success(answer));
  }

  settle(id: string | number | null, outcome: Outcome): boolean {
    const call = typeof id === 'string' ? this.#open.get(id) : undefined;
    if (call === undefined || typeof id !== 'string') {
      this.#stray += 1;
      return false;
    }
    this.#open.delete(id);
    clearTimeout(call.timer);
    call.request.signal.removeEventListener('abort', call.abort);
    call.settle(outcome);
    return true;
  }

  /** A progress notification extends its call's deadline up to the total cap, and reaches the caller that asked for it. */
  progress(params: JsonObject): void {
    const token = params['progressToken'];
    const call = typeof token === 'string' ? this.#open.get(token) : undefined;
    if (call === undefined || call.request.onProgress === null || typeof params['progress'] !== 'number') {
      this.#stray += 1;
      return;
    }
    if (!this.#count(call)) return;
    this.#extend(token as string, call);
    call.request.onProgress(params);
  }

  /** A log message that arrived on the response stream of this call. */
  log(id: string, params: JsonObject): void {
    const call = this.#open.get(id);
    if (call === undefined || call.request.log === null || !this.#count(call)) return;
    call.request.log.onMessage(params);
  }

  failAll(reason: GatewayReason, detail: string): void {
    for (const id of [...this.#open.keys()]) this.settle(id, failure(reason, detail));
  }

  #count(call: Call): boolean {
    call.notifications += 1;
    return call.notifications <= LIMITS.notificationsPerCall;
  }

  #extend(id: string, call: Call): void {
    const left = LIMITS.callTotalMs - (this.#clock.monotonic() - call.startedAt);
    if (left <= 0) return;
    clearTimeout(call.timer);
    call.timer = setTimeout(() => this.#late(id), Math.min(left, call.request.timeoutMs));
  }

  #late(id: string): void {
    const call = this.#open.get(id);
    if (call === undefined) return;
    const left = LIMITS.callTotalMs - (this.#clock.monotonic() - call.startedAt);
    if (call.request.origin !== undefined && this.#asked() > 0 && left > 0) this.#extend(id, call);
    else this.#abandon(id, 'gateway.upstream_timeout');
  }

  #abandon(id: string, reason: 'gateway.cancelled' | 'gateway.upstream_timeout'): void {
    const call = this.#open.get(id);
    if (call === undefined) return;
    this.settle(id, failure(reason));
    call.onAbandon();
  }
}
