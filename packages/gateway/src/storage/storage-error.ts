import { type Failure, failure, type Result, success } from '../base/result.ts';
import type { StorageReason } from '../contracts/reasons/storage.ts';

/** What else is known of a failed statement. */
export interface Aftermath {
  /** The statement may have taken effect, or may yet: its connection was lost, or it ran out of time, before it was answered. */
  readonly uncertain?: boolean;
  /** It was in another transaction's way, had no effect, and may be run again. */
  readonly again?: boolean;
}

/** What the query layer throws for an expected failure. Rooms turn it into a `Result` with `attempt`. */
export class StorageError extends Error {
  readonly reason: StorageReason;
  readonly uncertain: boolean;
  readonly again: boolean;

  constructor(reason: StorageReason, detail: string, { uncertain = false, again = false }: Aftermath = {}) {
    super(detail);
    this.name = 'StorageError';
    this.reason = reason;
    this.uncertain = uncertain;
    this.again = again;
  }
}

/**
 * Runs queries and returns their value, or the reason why the store could not.
 * A unique, foreign-key or check violation is `storage.conflict`. Any other error is a bug and is thrown on.
 */
export async function attempt<T>(work: () => Promise<T>): Promise<Result<T, StorageReason>> {
  try {
    return success(await work());
  } catch (error) {
    return asFailure(error);
  }
}

/** The failure that an error of the store stands for; throws on what is none. */
export function asFailure(error: unknown): Failure<StorageReason> {
  if (error instanceof StorageError) return failure(error.reason, error.message);
  throw error;
}
