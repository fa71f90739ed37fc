import type { Clock } from '../../base/clock.ts';
import { failure, type Result, success } from '../../base/result.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { GatewayReason } from '../../contracts/reasons/gateway.ts';
import type { Era, PinKind, TargetKind } from '../../contracts/target.ts';
import { type AskClient, NOT_OFFERED } from './asks.ts';
import type { Outcome } from './calls.ts';
import type { Connection } from './connection.ts';
import { offersListChanged, ownRequest } from './handshake.ts';
import { readList } from './live-lists.ts';
import { LiveOffer } from './live-offer.ts';
import { paceTasks } from './pace-tasks.ts';
import { Updates } from './updates.ts';
import type {
  ListName,
  Subscription,
  TaskWatch,
  Unasked,
  UpstreamListener,
  UpstreamRequest,
  UpstreamSession,
  Watch,
  Watching,
} from './upstream.ts';

type Read<T> = Promise<Result<T, GatewayReason>>;

export interface LiveOptions {
  readonly clock: Clock;
  readonly startMs: number;
  /** True for a session of one client's session: its log messages are that client's. */
  readonly private: boolean;
  readonly level: string | null;
  readonly onLevel: (level: string) => void;
  /** The server said what nobody asked for, or asks of nobody. Resolves once that is recorded; never rejects. */
  readonly onUnasked: (method: string, why: Unasked) => Promise<void>;
  readonly place: string;
}

/** A running upstream session, what it offers now, and who listens to it. */
export class LiveSession implements UpstreamSession {
  readonly #options: LiveOptions;
  readonly #listeners = new Map<object | string, UpstreamListener>();
  #connection: Connection | null = null;
  readonly #offer: LiveOffer;
  /** By URI: the clients' sessions that subscribed to it. */
  readonly #subscribers = new Map<string, Set<string>>();
  readonly #updates = new Updates((uri) => this.#tellUpdated(uri));
  /** What tells of changed lists: whether it was open since somebody watches, and who waits for it. */
  #opened = false;
  readonly #waiting = new Set<() => void>();
  readonly ended: Promise<void>;
  #tellEnded: () => void = () => {};
  #inFlight = 0;
  #retired: (() => void) | null = null;
  #usedAt: number;
  #watchers = 0;
  #held = 0;
  /** What was said to have changed while the tools were being read. */
  readonly #early = new Map<ListName, boolean>();
  #adopted = false;
  /** Told where the connection ends. */
  readonly #holders = new Set<() => void>();
  #closed = false;

  constructor(options: LiveOptions) {
    this.#options = options;
    this.#usedAt = options.clock.monotonic();
    this.#offer = new LiveOffer({
      clock: options.clock,
      read: (kind) => this.#read(kind),
      tell: (list, drifted) => this.#tell(list, drifted),
    });
    this.ended = new Promise((resolve) => {
      this.#tellEnded = resolve;
    });
  }

  /** Takes a connection whose handshake is done: reads its tools and applies the log level that was set before. */
  async adopt(connection: Connection): Promise<Result<unknown, GatewayReason>> {
    this.#connection = connection;
    void connection.closed.then(() => this.#tellHolders());
    // Before its tools are read: what changes after that is told, or read again once it can be told.
    if (connection.facts.era === 'legacy') connection.watch();
    const tools = await this.#offer.begin();
    if (!tools.ok) return tools;
    this.#adopted = true;
    for (const [list, said] of this.#early) this.#offer.changed(list, said);
    this.#early.clear();
    if (this.#options.level !== null) await connection.setLogLevel(this.#options.level);
    return tools;
  }

  get era(): Era {
    return this.#facts().era;
  }

  get place(): string {
    return this.#options.place;
  }

  get revision(): string {
    return this.#facts().revision;
  }

  get capabilities(): JsonObject {
    return this.#facts().capabilities;
  }

  peekPins(kind: PinKind): ReturnType<UpstreamSession['peekPins']> {
    return this.#offer.peekPins(kind);
  }

  livePins(kind: PinKind): ReturnType<UpstreamSession['livePins']> {
    this.touch();
    return this.#offer.livePins(kind);
  }

  resources(page: 'first' | 'later'): Read<readonly JsonObject[]> {
    this.touch();
    return this.#offer.resources(page);
  }

  lists(uri: string | null): Read<boolean> {
    this.touch();
    return this.#offer.lists(uri);
  }

  /** Milliseconds since the last use; 0 while a call is under way or somebody watches. */
  get idleMs(): number {
    const used = this.#inFlight > 0 || this.#watchers > 0 || this.#subscribers.size > 0 || this.#held > 0;
    return used ? 0 : this.#options.clock.monotonic() - this.#usedAt;
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
      if (this.#inFlight === 0) this.#retired?.();
    }
  }

  /** Ends once the calls that are under way have their answers: for a registration that was changed meanwhile. */
  async retire(): Promise<void> {
    if (this.#inFlight > 0)
      await new Promise<void>((resolve) => {
        this.#retired = resolve;
      });
    await this.close();
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
    for (const [uri, holders] of this.#subscribers) {
      if (!holders.delete(key) || holders.size > 0) continue;
      this.#subscribers.delete(uri);
      // A session of its own ends with its client's, and its subscriptions with it.
      if (!this.#closed && !this.#options.private) void this.request(ownRequest('resources/unsubscribe', { uri }, this.#options.startMs));
    }
  }

  watch(listener: UpstreamListener): Watching {
    const key = {};
    this.#listeners.set(key, listener);
    this.#watchers += 1;
    const connection = this.#connection;
    const asked = connection?.facts.era === 'modern' && offersListChanged(connection.facts).length > 0;
    if (this.#watchers === 1 && asked) connection.watch();
    return {
      open: asked ? this.#whenOpened() : Promise.resolve(),
      end: () => {
        if (!this.#listeners.delete(key)) return;
        this.#watchers -= 1;
        this.touch();
        if (this.#watchers > 0 || !asked) return;
        this.#opened = false;
        connection.unwatch();
      },
    };
  }

  /** Told by the connection, as often as the server likes. */
  listChanged(list: ListName): void {
    this.#changed(list, true);
  }

  /** What tells of changed lists is open, or open again: nobody said what changed while it was not. */
  watching(): void {
    const again = this.#opened;
    this.#opened = true;
    for (const open of this.#waiting) open();
    this.#waiting.clear();
    if (this.#connection === null) return;
    for (const list of offersListChanged(this.#connection.facts)) this.#changed(list, again);
  }

  /**
   * `resources/subscribe` of a stateful server, and its counterpart: asked for once however many clients' sessions share this one, and undone
   * with the last of them.
   */
  async subscribe(session: string, request: UpstreamRequest): Promise<Outcome> {
    const uri = String(request.params['uri']);
    const holders = this.#subscribers.get(uri) ?? new Set();
    if (holders.size > 0) {
      holders.add(session);
      return NOTHING_SAID;
    }
    const outcome = await this.request(request);
    if (outcome.ok && outcome.value.kind === 'result') this.#subscribers.set(uri, (this.#subscribers.get(uri) ?? holders).add(session));
    return outcome;
  }

  async unsubscribe(session: string, request: UpstreamRequest): Promise<Outcome> {
    const uri = String(request.params['uri']);
    const holders = this.#subscribers.get(uri);
    if (holders?.delete(session) !== true || holders.size > 0) return NOTHING_SAID;
    this.#subscribers.delete(uri);
    return this.request(request);
  }

  /** The server forgot what it was asked to tell of. */
  resubscribe(): void {
    for (const uri of this.#subscribers.keys()) void this.request(ownRequest('resources/subscribe', { uri }, this.#options.startMs));
  }

  /** Whether the session is told of this resource. */
  subscribed(session: string, uri: string): boolean {
    return this.#subscribers.get(uri)?.has(session) === true;
  }

  /** A stateless server's: see `Connection.subscribe`. */
  async watchResources(uris: readonly string[], onUpdated: (uri: string) => void): Promise<Result<Subscription, GatewayReason>> {
    const updates = new Updates(onUpdated);
    const lying = (uri: string): readonly string[] => uris.filter((of) => liesUnder(uri, of));
    return this.#subscribed({ kind: 'resources', names: uris, updated: (uri) => updates.say(uri, lying(uri)) }, () => updates.close());
  }

  /** A stateless server's: what it says of other tasks than these is nobody's, and what it says too often is told of once. */
  async watchTasks(watch: TaskWatch): Promise<Result<Subscription, GatewayReason>> {
    const pace = paceTasks(watch, (why) => this.unasked('notifications/tasks', why));
    return this.#subscribed(pace.watch, () => pace.close());
  }

  async #subscribed(watch: Watch, onEnd: () => void): Promise<Result<Subscription, GatewayReason>> {
    const connection = this.#connection;
    if (connection === null || this.#closed) return failure('gateway.upstream_closed');
    const subscribed = await connection.subscribe(watch);
    if (!subscribed.ok) return subscribed;
    this.#watchers += 1;
    let over = false;
    const end = (): void => {
      if (over) return;
      over = true;
      this.#watchers -= 1;
      onEnd();
      subscribed.value.end();
    };
    return success({ granted: subscribed.value.granted, end });
  }

  unasked(method: string, why: Unasked): void {
    void this.#options.onUnasked(method, why);
  }

  /** Told only to sessions that subscribed to the resource, or to one that it lies under (MCP 2025-11-25, resource updates). */
  updated(uri: string): void {
    const under = [...this.#subscribers.keys()].filter((of) => liesUnder(uri, of));
    if (under.length > 0 && !this.#closed) this.#updates.say(uri, under);
  }

  log(params: JsonObject): void {
    if (!this.#options.private) return;
    for (const listener of this.#listeners.values()) listener.log(params);
  }

  taskStatus(params: JsonObject): void {
    for (const listener of this.#listeners.values()) listener.taskStatus?.(params);
  }

  hold(onEnd: () => void): () => void {
    let held = true;
    const ended = (): void => onEnd();
    this.#held += 1;
    this.#holders.add(ended);
    return () => {
      if (held) this.#held -= 1;
      held = false;
      this.#holders.delete(ended);
      this.touch();
    };
  }

  #tellHolders(): void {
    for (const ended of this.#holders) ended();
    this.#holders.clear();
  }

  elicited(params: JsonObject): void {
    if (!this.#options.private) return;
    for (const listener of this.#listeners.values()) listener.elicited?.(params);
  }

  /** Where the session is several clients' nobody could say whom the server means: then it is refused, and recorded as that. */
  get asker(): AskClient {
    if (!this.#options.private)
      return async ({ method }) => {
        await this.#options.onUnasked(method, 'session');
        return NOT_OFFERED;
      };
    return async (ask) => {
      this.touch();
      for (const listener of this.#listeners.values()) if (listener.ask !== undefined) return await listener.ask(ask);
      return NOT_OFFERED;
    };
  }

  tell(method: string, params: JsonObject): void {
    if (this.#options.private && !this.#closed) this.#connection?.tell(method, params);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#retired?.();
    this.#offer.close();
    this.#updates.close();
    this.#tellEnded();
    await this.#connection?.close();
  }

  #changed(list: ListName, said: boolean): void {
    if (this.#closed) return;
    if (this.#adopted) this.#offer.changed(list, said);
    else this.#early.set(list, said || this.#early.get(list) === true);
  }

  #whenOpened(): Promise<void> {
    if (this.#opened) return Promise.resolve();
    return new Promise((resolve) => void this.#waiting.add(resolve));
  }

  #tellUpdated(uri: string): void {
    const told = new Set<string>();
    for (const [of, holders] of this.#subscribers) if (liesUnder(uri, of)) for (const one of holders) told.add(one);
    for (const session of told) this.#listeners.get(session)?.updated(uri);
  }

  #tell(list: ListName, drifted: boolean): void {
    for (const listener of this.#listeners.values()) listener.listChanged(list, drifted);
  }

  // Not a use: what the gateway reads of its own accord keeps no session from ending as idle.
  async #read(kind: TargetKind): Read<readonly JsonObject[]> {
    const connection = this.#connection;
    if (connection === null || this.#closed) return failure('gateway.upstream_closed');
    return readList(connection, kind, this.#options.startMs);
  }

  #facts(): Connection['facts'] {
    if (this.#connection === null) throw new Error('a session is handed out only once it is connected');
    return this.#connection.facts;
  }
}

// MCP 2025-11-25, resource updates: a resource that was subscribed to, or one that lies under it.
const liesUnder = (uri: string, of: string): boolean => uri === of || uri.startsWith(of.endsWith('/') ? of : `${of}/`);
const NOTHING_SAID: Outcome = success({ kind: 'result', result: {}, text: '{}' });
