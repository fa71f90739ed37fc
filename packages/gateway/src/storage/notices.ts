import type { Logger } from '../base/log.ts';
import type { Postgres, Session } from './postgres.ts';
import { CHANNEL } from './watch-tables.ts';

/** A change that another gateway, or a person, made. */
export interface Change {
  readonly table: string;
  /** The row, where the table tells it. */
  readonly id: string | null;
}

export interface NoticeDeps {
  readonly postgres: Postgres;
  /** What this gateway's own connections are called: its own changes are no news to it. */
  readonly name: string;
  readonly log: Logger;
  readonly onChange: (change: Change) => void;
  /** Begins to hear: whatever was said before was missed. Called at the start, and whenever the connection is back. */
  readonly onListening: () => void;
  /** Hears nothing any more: what is remembered may be out of date. */
  readonly onDeaf: () => void;
}

const BEAT_MS = 300;
/** A connection that does not answer for so long is taken for lost, so that a key that was revoked elsewhere is known within a second. */
const ANSWER_MS = 600;
const AGAIN_MS = 250;

/** Listens to what is changed in the database, for as long as it lives. */
export class Notices {
  readonly #deps: NoticeDeps;
  #session: Session | null = null;
  #schema = '';
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(deps: NoticeDeps) {
    this.#deps = deps;
  }

  get listening(): boolean {
    return this.#session !== null;
  }

  /** Rejects where the server cannot be reached. */
  async begin(): Promise<void> {
    const session = await this.#deps.postgres.session('listener');
    try {
      session.onNotice((channel, payload) => this.#hear(channel, payload));
      const { rows } = await session.query<{ schema: string }>({ text: 'select current_schema() as schema' });
      this.#schema = rows[0]?.schema ?? '';
      await session.query({ text: `listen ${CHANNEL}` });
    } catch (error) {
      await session.close();
      throw error;
    }
    if (this.#closed) return session.close();
    this.#session = session;
    session.onLost((why) => this.#lose(why));
    this.#deps.onListening();
    this.#beat(session);
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#session?.close();
  }

  #beat(session: Session): void {
    this.#timer = setTimeout(() => {
      // An answer that does not come loses the session, which begins again.
      void session.query({ text: 'select 1', within: ANSWER_MS }).then(
        () => this.#beat(session),
        () => undefined,
      );
    }, BEAT_MS).unref();
  }

  #lose(why: string): void {
    this.#session = null;
    if (this.#closed) return;
    this.#deps.log.warn('storage.listener_lost', { why });
    this.#deps.onDeaf();
    this.#again();
  }

  #again(): void {
    this.#timer = setTimeout(() => {
      void this.begin().catch(() => {
        if (!this.#closed) this.#again();
      });
    }, AGAIN_MS).unref();
  }

  #hear(channel: string, payload: string): void {
    if (channel !== CHANNEL) return;
    const change = readChange(payload);
    // What nobody understands may be any change.
    if (change === null) {
      this.#deps.onListening();
      return;
    }
    const [schema, origin, table, id] = change;
    if (schema === this.#schema && !origin.startsWith(this.#deps.name)) this.#deps.onChange({ table, id });
  }
}

type Told = readonly [schema: string, origin: string, table: string, id: string | null];

function readChange(payload: string): Told | null {
  try {
    const value: unknown = JSON.parse(payload);
    const sound = Array.isArray(value) && value.length === 4 && value.slice(0, 3).every((part) => typeof part === 'string');
    return sound && (value[3] === null || typeof value[3] === 'string') ? (value as unknown as Told) : null;
  } catch {
    return null;
  }
}
