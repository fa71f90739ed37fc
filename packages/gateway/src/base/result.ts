/** What was expected to be possible and did not happen: a dotted reason for people and tables, a detail for operators only. */
export interface Failure<R extends string = string> {
  readonly ok: false;
  readonly reason: R;
  /** For the log and the journal. It may hold text that a client or server wrote and never goes on the wire. */
  readonly detail?: string;
}

export interface Success<T> {
  readonly ok: true;
  readonly value: T;
}

export type Result<T, R extends string = string> = Success<T> | Failure<R>;

export const success = <T>(value: T): Success<T> => ({ ok: true, value });

export const failure = <R extends string>(reason: R, detail?: string): Failure<R> =>
  detail === undefined ? { ok: false, reason } : { ok: false, reason, detail };
