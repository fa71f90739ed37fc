import pg from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { type AuditRoom, openPostgresJournal } from '../../src/audit/index.ts';
import { systemClock } from '../../src/base/clock.ts';
import type { Postgres, Storage } from '../../src/storage/index.ts';
import { type Ground, prepareGround, SMALL } from '../faults/journal.ts';
import { type PostgresServer, startPostgres } from '../fixtures/postgres-server.ts';
import { opened } from '../fixtures/postgres-store.ts';
import type { JournalBackend, JournalOptions, OpenJournalBackend } from './journal-suite.ts';

/** The server of a test file, and what opens a place for journals on it: a database, and a vault whose keys every gateway on it has. */
export function postgresJournalBackend(): OpenJournalBackend {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server?.stop());
  return async () => new TablesBackend(await server.database(), prepareGround());
}

export interface TableOptions extends JournalOptions {
  readonly report?: (event: string, detail: string) => void;
}

export async function openJournalOn(
  storage: Storage,
  ground: Ground,
  { backlogRecords, clock, report = () => undefined }: TableOptions = {},
): Promise<AuditRoom> {
  const { postgres } = storage;
  if (postgres === null) throw new Error('not on PostgreSQL');
  const room = await openPostgresJournal({
    storage: storage as Storage & { readonly postgres: Postgres },
    clock: clock ?? systemClock,
    sealer: ground.vault.sealer('audit'),
    mac: ground.vault.mac('audit'),
    report,
    settings: { ...SMALL, ...(backlogRecords === undefined ? {} : { backlogRecords }) },
  });
  if (!room.ok) throw new Error(`${room.reason} ${room.detail ?? ''}`);
  return room.value;
}

/** Each journal logs in as a role of its own, so that one of them can be cut off for good, as a kill would. */
class TablesBackend implements JournalBackend {
  readonly #url: string;
  readonly #ground: Ground;
  readonly #rooms: { readonly room: AuditRoom; readonly storage: Storage; readonly role: string }[] = [];

  constructor(url: string, ground: Ground) {
    this.#url = url;
    this.#ground = ground;
  }

  async open(options: JournalOptions = {}): Promise<AuditRoom> {
    const role = `${new URL(this.#url).pathname.slice(1)}_${this.#rooms.length}`;
    await this.#ask(`create role ${role} superuser login`);
    const url = new URL(this.#url);
    url.username = role;
    const storage = await opened(url.href);
    const room = await openJournalOn(storage, this.#ground, options);
    this.#rooms.push({ room, storage, role });
    return room;
  }

  async openAsAfterKill(): Promise<AuditRoom> {
    const role = this.#rooms.at(-1)?.role ?? '';
    await this.#ask(`alter role ${role} nologin`);
    await this.#ask(`select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = '${role}'`);
    return this.open();
  }

  async clear(): Promise<void> {
    for (const { room, storage } of this.#rooms) {
      await room.close();
      await storage.close();
    }
    this.#ground.clear();
  }

  async #ask(text: string): Promise<void> {
    const client = new pg.Client(this.#url);
    await client.connect();
    try {
      await client.query(text);
    } finally {
      await client.end();
    }
  }
}
