import { type Failure, failure } from '../../base/result.ts';

/** What the database says that nobody expected of it is a failure like any other: who waits for an answer gets one, and the next one is asked. */
export const lostBy = (fault: unknown): Failure<'storage.unavailable'> => failure('storage.unavailable', String(fault).slice(0, 300));
