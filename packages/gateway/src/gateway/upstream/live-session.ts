import type { Clock } from '../../base/clock.ts';
import type { Result } from '../../base/result.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { GatewayReason } from '../../contracts/reasons/gateway.ts';
import type { Era } from '../../contracts/target.ts';
import type { Outcome } from './calls.ts';
import type { Connection } from './connection.ts';
import { digestTools, readTools, sameTools } from './live-tools.ts';
import type { UpstreamListener, UpstreamRequest, UpstreamSession } from './upstream.ts';

/** A server that says its list changed every millisecond is read once in this time. */
const REREAD_MS = 1000;

export interface LiveOptions {
  readonly clock: Clock;
  readonly startMs: number;
  /** True for a session of one client's session: its log messages are that client's. */
  readonly private: boolean;
  readonly level: string | null;
  readonly onLevel: (level: string) => void;
}

/** A running upstream session, what it offers now, and who listens to it. */
export class LiveSession implements UpstreamSession {
  readonly #options: LiveOptions;
  readonly #listeners = new Map<object | string, UpstreamListener>();
  #connection: Connection | null = null;
  #tools: ReadonlyMap<string, string> = new Map();
  #inFlight = 0;
  #usedAt: number;
  #watchers = 0;
  #reread: NodeJS.Timeout | null = null;
  #readAt = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(options: LiveOptions) {
    this.#options = options;
    this.#usedAt = options.clock.monotonic();
  }

  /** Takes a connection whose handshake is done: reads its tools and applies the log level that was set before. */
  async adopt(connection: Connection): Promise<Result<unknown, GatewayReason>> {
    this.#connection = connection;
    const tools = await readTools(connection, this.#options.startMs);
    if (!tools.ok) return tools;
    this.#tools = digestTools(tools.value);
    if (this.#options.level !== null) await connection.setLogLevel(this.#options.level);
    if (connection.facts.era === 'legacy') connection.watch();
    return tools;
  }

  get era(): Era {
    return this.#facts().era;
  }

  get revision(): string {
    return this.#facts().revision;
  }

  get liveTools(): ReadonlyMap<string, string> {
    return this.#tools;
  }

  /** Milliseconds since the last use; 0 while a call is under way or somebody watches. */
  get idleMs(): number {
    return this.#inFlight > 0 || this.#watchers > 0 ? 0 : this.#options.clock.monotonic() - this.#usedAt;
  }

  async request(request: UpstreamRequest): Promise<Outcome> {
    const connection = this.#connection;
    if (connection === null || this.#closed) return { ok: false, reason: 'gateway.upstream_closed' };
    this.touch();
    this.#inFlight += 1;
    try {
      return await connection.request(request);
    } finally {
      this.#inFlight -= 1;
      this.touch();
    }
  }

  async setLogLevel(level: string): Promise<void> {
    this.touch();
    this.#options.onLevel(level);
    // On a session of several clients the level would be everybody's, and its messages are dropped anyway.
    if (this.#options.private) await this.#connection?.setLogLevel(level);
  }

  touch(): void {
    this.#usedAt = this.#options.clock.monotonic();
  }

  listen(key: string, listener: UpstreamListener): void {
    this.#listeners.set(key, listener);
  }

  forget(key: string): void {
    this.#listeners.delete(key);
  }

  watch(listener: UpstreamListener): () => void {
    const key = {};
    this.#listeners.set(key, listener);
    this.#watchers += 1;
    if (this.#watchers === 1 && this.#connection?.facts.era === 'modern') this.#connection.watch();
    return () => {
      if (!this.#listeners.delete(key)) return;
      this.#watchers -= 1;
      this.touch();
      if (this.#watchers === 0 && this.#connection?.facts.era === 'modern') this.#connection.unwatch();
    };
  }

  /** Told by the connection, as often as the server likes. */
  listChanged(): void {
    if (this.#reread !== null || this.#closed) return;
    // The first change is told at once; those that follow share the next reading.
    const wait = Math.max(0, this.#readAt + REREAD_MS - this.#options.clock.monotonic());
    this.#reread = setTimeout(() => {
      this.#reread = null;
      this.#readAt = this.#options.clock.monotonic();
      void this.#readAgain();
    }, wait);
    this.#reread.unref();
  }

  log(params: JsonObject): void {
    if (!this.#options.private) return;
    for (const listener of this.#listeners.values()) listener.log(params);
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#reread !== null) clearTimeout(this.#reread);
    await this.#connection?.close();
  }

  async #readAgain(): Promise<void> {
    const connection = this.#connection;
    if (connection === null || this.#closed) return;
    const read = await readTools(connection, this.#options.startMs);
    // A list that cannot be read offers nothing: what it was before is not known to hold any more.
    const tools = read.ok ? digestTools(read.value) : new Map<string, string>();
    if (this.#closed || sameTools(tools, this.#tools)) return;
    this.#tools = tools;
    for (const listener of this.#listeners.values()) listener.toolsChanged();
  }

  #facts(): Connection['facts'] {
    if (this.#connection === null) throw new Error('a session is handed out only once it is connected');
    return this.#connection.facts;
  }
}
