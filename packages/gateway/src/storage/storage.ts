import type { Kysely, Transaction } from 'kysely';
import type { Clock } from '../base/clock.ts';

/** One open database. Its errors are `StorageError`s; see `attempt`. */
export interface Storage {
  readonly engine: 'sqlite' | 'postgres';
  readonly clock: Clock;
  /** False once the store cannot be reached, and while a statement is over its time. */
  readonly available: boolean;
  /** Queries over the tables of one room, which names them in `T`. Transactions run one after another; never query the outer object inside one. */
  queries<T>(): Kysely<T>;
  /**
   * Runs `work` as if it were alone (serializable) and rolls back where it throws. An engine that finds two of them in each other's way
   * runs `work` again, so it does nothing but query.
   */
  transact<T, R>(work: (transaction: Transaction<T>) => Promise<R>): Promise<R>;
  /** Waits for what is under way, then gives the lock back. */
  close(): Promise<void>;
}
