/** What is asked of a signal here. Every `AbortSignal` is one. */
export interface Cancellable {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void, options: { readonly once: true }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/**
 * An `AbortController` that is its own signal. Nearly no call is cancelled, and of all that is made for each call an event target is the dearest:
 * this is two fields until somebody listens.
 */
export class Cancellation implements Cancellable {
  #aborted = false;
  #listeners: (() => void)[] = [];

  get signal(): Cancellable {
    return this;
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  /** Idempotent. Who listens is told once, in the order in which they came. */
  abort(): void {
    if (this.#aborted) return;
    this.#aborted = true;
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener();
  }

  addEventListener(_: 'abort', listener: () => void): void {
    this.#listeners.push(listener);
  }

  removeEventListener(_: 'abort', listener: () => void): void {
    const at = this.#listeners.indexOf(listener);
    if (at !== -1) this.#listeners.splice(at, 1);
  }
}
