import { type Failure, failure, type Result, success } from '../base/result.ts';
import type { StorageReason } from '../contracts/reasons/storage.ts';

/** What the query layer throws for an expected failure. Rooms turn it into a `Result` with `attempt`. */
export class StorageError extends Error {
  readonly reason: StorageReason;

  constructor(reason: StorageReason, detail: string) {
    super(detail);
    this.name = 'StorageError';
    this.reason = reason;
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
