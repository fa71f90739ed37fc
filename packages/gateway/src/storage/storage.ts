import type { Kysely, Transaction } from 'kysely';
import type { Clock } from '../base/clock.ts';
import type { Postgres } from './postgres.ts';

/** One open database. Its errors are `StorageError`s; see `attempt`. */
export interface Storage {
  readonly engine: 'sqlite' | 'postgres';
  readonly clock: Clock;
  /** False once the store cannot be reached, and while a statement is over its time. */
  readonly available: boolean;
  /** Rooms whose tables were changed since it was opened, in order. `migrate` adds to it. */
  readonly migrated: { readonly room: string; readonly steps: number }[];
  /** The server behind it, for what needs connections of its own: the journal, shared budgets, what gateways tell each other. Null on SQLite. */
  readonly postgres: Postgres | null;
  /** Queries over the tables of one room, which names them in `T`. Never query the outer object inside a transaction. */
  queries<T>(): Kysely<T>;
  /**
   * Runs `work` as if it were alone (serializable) and rolls back where it throws. An engine that finds two of them in each other's way
   * runs `work` again, so it does nothing but query.
   */
  transact<T, R>(work: (transaction: Transaction<T>) => Promise<R>): Promise<R>;
  /** As `transact`, for changes of the tables themselves: no other process makes any meanwhile, and `work` sees what the one before made. */
  alter<T, R>(work: (transaction: Transaction<T>) => Promise<R>): Promise<R>;
  /** Waits for what is under way, then gives the lock back. */
  close(): Promise<void>;
}
