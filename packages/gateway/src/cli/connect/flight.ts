import type { JsonObject } from '../../contracts/json.ts';
import type { RpcId } from '../../protocol/index.ts';

/** One message of the client that waits for an answer: a request, or a batch of 2025-03-26 with several. */
export interface Flight {
  /** Method and params of a single request; null for a batch. */
  readonly request: { readonly method: string; readonly params: JsonObject } | null;
  readonly era: 'legacy' | 'modern';
  /** The ids that were not answered yet, by their JSON text, so that 1 and "1" differ. */
  readonly open: Map<string, RpcId>;
  readonly controller: AbortController;
  readonly text: string;
}

/** Everything that waits for an answer. */
export class Flights {
  readonly #byId = new Map<string, Flight>();

  get size(): number {
    return this.#byId.size;
  }

  /** True while something waits that ends by itself: a subscription does not. */
  get isBusy(): boolean {
    return [...this.#byId.values()].some(({ request }) => request?.method !== 'subscriptions/listen');
  }

  /** False where the client used an id of a request that is still being answered. */
  add(flight: Flight): boolean {
    if ([...flight.open.keys()].some((id) => this.#byId.has(id))) return false;
    for (const id of flight.open.keys()) this.#byId.set(id, flight);
    return true;
  }

  find(id: RpcId): Flight | null {
    return this.#byId.get(JSON.stringify(id)) ?? null;
  }

  /** True where this flight waited for that answer: it is passed on once. */
  settle(flight: Flight, id: RpcId): boolean {
    const key = JSON.stringify(id);
    if (this.#byId.get(key) === flight) this.#byId.delete(key);
    return flight.open.delete(key);
  }

  /** Nobody waits any more. */
  drop(flight: Flight): void {
    for (const id of flight.open.values()) this.settle(flight, id);
  }

  abortAll(): void {
    for (const flight of this.#byId.values()) flight.controller.abort();
    this.#byId.clear();
  }
}
