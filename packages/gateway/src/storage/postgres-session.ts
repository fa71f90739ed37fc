import pg from 'pg';
import type { Rows, Session, Statement } from './postgres.ts';
import { postgresError } from './postgres-errors.ts';
import type { PostgresPlace } from './postgres-place.ts';
import { connectionConfig, runStatement } from './postgres-pool.ts';
import { StorageError } from './storage-error.ts';

/** A connection outside the pool. It is given up at the first statement that is cut off or runs out of time. */
export async function openSession(place: PostgresPlace, name: string): Promise<Session> {
  const client = new pg.Client(connectionConfig(place, name));
  const session = new ClientSession(client);
  try {
    await client.connect();
  } catch (error) {
    const mapped = postgresError(error);
    throw mapped instanceof StorageError ? new StorageError(mapped.reason, mapped.message) : mapped;
  }
  return session;
}

class ClientSession implements Session {
  readonly #client: pg.Client;
  #why: string | null = null;
  #closing = false;
  #tell: ((why: string) => void) | null = null;

  constructor(client: pg.Client) {
    this.#client = client;
    client.on('error', (error) => this.#lose(error.message));
    client.on('end', () => this.#lose('the server ended the connection'));
  }

  async query<R>(statement: Statement): Promise<Rows<R>> {
    if (this.#why !== null) throw new StorageError('storage.unavailable', `PostgreSQL: ${this.#why}`);
    try {
      return await runStatement<R>(this.#client, statement);
    } catch (error) {
      if (!(error instanceof StorageError) || error.uncertain) this.#lose(error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  onLost(callback: (why: string) => void): void {
    this.#tell = callback;
    if (this.#why !== null) callback(this.#why);
  }

  onNotice(callback: (channel: string, payload: string) => void): void {
    this.#client.on('notification', ({ channel, payload }) => callback(channel, payload ?? ''));
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#why ??= 'the connection is closed';
    await this.#client.end().catch(() => undefined);
  }

  #lose(why: string): void {
    if (this.#why !== null) return;
    this.#why = why;
    // Not awaited: a server that does not answer would not answer a farewell either.
    void this.#client.end().catch(() => undefined);
    if (!this.#closing) this.#tell?.(why);
  }
}
