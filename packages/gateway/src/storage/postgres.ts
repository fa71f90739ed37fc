/** What a statement gave. Integers beyond the safe range are bigint, blobs are Uint8Array. */
export interface Rows<R> {
  readonly rows: readonly R[];
  /** Rows that an insert, update or delete changed. */
  readonly changed: number;
}

export interface Statement {
  /** With $1, $2 ... */
  readonly text: string;
  readonly values?: readonly unknown[];
  /** Prepared under this name once a connection. */
  readonly name?: string;
  /** Milliseconds; the limit of all statements where it is absent. */
  readonly within?: number;
}

/** One statement after the other. Throws `StorageError`, whose `uncertain` says whether the statement may have taken effect; see `Aftermath`. */
export interface Querying {
  query<R = Record<string, unknown>>(statement: Statement): Promise<Rows<R>>;
}

/** A connection of its own, for locks and notices that live as long as it. */
export interface Session extends Querying {
  /** Called once: the connection is gone, and with it every lock that it held. */
  onLost(callback: (why: string) => void): void;
  /** Called for each notice on a channel that it listens to. */
  onNotice(callback: (channel: string, payload: string) => void): void;
  close(): Promise<void>;
}

export interface Connections extends Querying {
  /** READ COMMITTED: each statement sees what was committed when it began, so that a lock that was waited for shows what its holder did. */
  transact<R>(work: (transaction: Querying) => Promise<R>): Promise<R>;
}

/** The server beneath a store. Every connection commits to disk before it answers (`synchronous_commit`). */
export interface Postgres extends Connections {
  /** Connections that nothing else waits for. @param name shown in `pg_stat_activity`; `durable: false`: a commit does not wait for the disk */
  apart(name: string, most: number, options?: { readonly durable: boolean }): Connections & { close(): Promise<void> };
  /** @param name shown in `pg_stat_activity` */
  session(name: string): Promise<Session>;
}
