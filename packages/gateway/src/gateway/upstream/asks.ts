import type { Clock } from '../../base/clock.ts';
import { LIMITS } from '../../base/limits.ts';
import type { JsonObject, JsonValue } from '../../contracts/json.ts';
import { isObject, type RpcId } from '../../protocol/index.ts';
import type { CallStream } from '../downstream/call-stream.ts';

/** What a server asks of the client that its session belongs to. */
export interface ServerAsk {
  readonly method: string;
  readonly params: JsonObject;
  /** The call that it serves; null where the wire does not say and it cannot be told. */
  readonly origin: CallStream | null;
  /** Aborted when the server takes it back, or is gone. */
  readonly signal: AbortSignal;
  readonly budget: AskBudget;
  /** Tells the server of progress, where it asked to be told. */
  readonly onProgress: ((params: JsonObject) => void) | null;
}

export type ServerAnswer =
  | { readonly result: JsonObject }
  | { readonly error: { readonly code: number; readonly message: string; readonly data?: JsonValue } };

/** Methods must not throw or reject. */
export type AskClient = (ask: ServerAsk) => Promise<ServerAnswer>;

const WINDOW_MS = 60_000;

/** How much one upstream session may ask: its own, since what it costs is a client's and a person's time. */
export class AskBudget {
  readonly #clock: Clock;
  #since: number;
  #taken = 0;
  #open = 0;
  #seen = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = clock.monotonic();
  }

  /** False once more has come in a minute than any server needs. */
  see(): boolean {
    this.#renew();
    this.#seen += 1;
    return this.#seen <= LIMITS.askFlood;
  }

  take(): boolean {
    this.#renew();
    if (this.#open >= LIMITS.asksOpen || this.#taken >= LIMITS.asksPerMinute) return false;
    this.#taken += 1;
    this.#open += 1;
    return true;
  }

  giveBack(): void {
    this.#open -= 1;
  }

  get open(): number {
    return this.#open;
  }

  #renew(): void {
    const now = this.#clock.monotonic();
    if (now - this.#since < WINDOW_MS) return;
    this.#since = now;
    this.#taken = 0;
    this.#seen = 0;
  }
}

export const NOT_OFFERED: ServerAnswer = { error: { code: -32601, message: 'Method not found' } };
const ID_IN_USE: ServerAnswer = { error: { code: -32600, message: 'A request with this id is still being answered.' } };

export interface AsksOptions {
  readonly clock: Clock;
  /** Null where nobody is asked: the session is several clients', or a probe's. */
  readonly ask: AskClient | null;
  send(message: JsonObject): void;
  /** The server floods: its session has to end. */
  onFlood(): void;
}

/** The requests of one server that are open. Its ids are its own; none that we send to a client is one of them. */
export class Asks {
  readonly budget: AskBudget;
  readonly #options: AsksOptions;
  readonly #open = new Map<RpcId, AbortController>();

  constructor(options: AsksOptions) {
    this.#options = options;
    this.budget = new AskBudget(options.clock);
  }

  take(id: RpcId, method: string, params: JsonObject, origin: CallStream | null): void {
    const answer = (told: ServerAnswer): void => this.#options.send({ jsonrpc: '2.0', id, ...told } as JsonObject);
    const { ask } = this.#options;
    if (!this.budget.see()) this.#options.onFlood();
    else if (method === 'ping') answer({ result: {} });
    else if (ask === null) answer(NOT_OFFERED);
    else if (this.#open.has(id)) answer(ID_IN_USE);
    else this.#pass(ask, id, { method, params, origin }, answer);
  }

  #pass(
    ask: AskClient,
    id: RpcId,
    { method, params, origin }: Pick<ServerAsk, 'method' | 'params' | 'origin'>,
    answer: (told: ServerAnswer) => void,
  ): void {
    const controller = new AbortController();
    this.#open.set(id, controller);
    void ask({ method, params, origin, signal: controller.signal, budget: this.budget, onProgress: this.#progressOf(params) }).then(
      (told) => {
        // What was taken back is not answered (MCP 2025-11-25, cancellation).
        if (this.#open.get(id) === controller && this.#open.delete(id)) answer(told);
      },
    );
  }

  /** `notifications/cancelled` of the server, for a request of its own. */
  cancel(id: JsonValue | undefined): void {
    if (typeof id !== 'string' && typeof id !== 'number') return;
    const controller = this.#open.get(id);
    this.#open.delete(id);
    controller?.abort();
  }

  endAll(): void {
    for (const controller of this.#open.values()) controller.abort();
    this.#open.clear();
  }

  #progressOf({ _meta }: JsonObject): ServerAsk['onProgress'] {
    const token = isObject(_meta) ? _meta['progressToken'] : undefined;
    if (typeof token !== 'string' && typeof token !== 'number') return null;
    let told = 0;
    return (params) => {
      told += 1;
      if (told > LIMITS.notificationsPerCall) return;
      this.#options.send({ jsonrpc: '2.0', method: 'notifications/progress', params: { ...params, progressToken: token } });
    };
  }
}
