import { StorageError } from './storage-error.ts';
import { STORAGE_LIMITS } from './storage-limits.ts';

interface Waiter {
  readonly grant: () => void;
  readonly timer: NodeJS.Timeout;
}

/** One connection, given to one holder at a time in the order of asking. Transactions are serialised by it. */
export class ConnectionQueue {
  readonly #waiters: Waiter[] = [];
  #held = false;

  acquire(): Promise<void> {
    if (!this.#held) {
      this.#held = true;
      return Promise.resolve();
    }
    if (this.#waiters.length >= STORAGE_LIMITS.waiters) {
      return Promise.reject(new StorageError('storage.unavailable', 'too many callers wait for the store'));
    }
    return new Promise((resolve, reject) => this.#wait(resolve, reject));
  }

  release(): void {
    const next = this.#waiters.shift();
    if (next === undefined) {
      this.#held = false;
      return;
    }
    clearTimeout(next.timer);
    next.grant();
  }

  // A query on the outer connection inside a transaction would wait for itself: the bound turns that bug into an error.
  #wait(grant: () => void, reject: (error: Error) => void): void {
    const timer = setTimeout(() => {
      this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
      reject(new StorageError('storage.unavailable', `the store was busy for ${STORAGE_LIMITS.acquireMs} ms`));
    }, STORAGE_LIMITS.acquireMs);
    const waiter: Waiter = { grant, timer };
    this.#waiters.push(waiter);
  }
}
