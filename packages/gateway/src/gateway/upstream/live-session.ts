import type { Clock } from '../../base/clock.ts';
import { failure, type Result, success } from '../../base/result.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { GatewayReason } from '../../contracts/reasons/gateway.ts';
import type { Era, PinKind } from '../../contracts/target.ts';
import type { AskClient } from './asks.ts';
import type { Outcome } from './calls.ts';
import type { Connection } from './connection.ts';
import { ownRequest } from './handshake.ts';
import { digestItems, readList, sameDigests } from './live-lists.ts';
import type { ListName, Subscription, UpstreamListener, UpstreamRequest, UpstreamSession } from './upstream.ts';

/** A server that says its list changed every millisecond is read once in this time. */
const REREAD_MS = 1000;
/** How old a list of resources may be. Not every server tells of changes. */
const RESOURCES_MS = 30_000;

type Digests = ReadonlyMap<string, string>;
type Read<T> = Promise<Result<T, GatewayReason>>;

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
  #tools: Digests = new Map();
  /** Prompts and templates that were asked for, until the server says that they changed. */
  readonly #others = new Map<PinKind, { known: Digests | null; readonly reading: Read<Digests> }>();
  /** What they were before the server said so. */
  readonly #before = new Map<PinKind, Digests>();
  #resources: { readonly at: number; done: boolean; readonly reading: Read<readonly JsonObject[]> } | null = null;
  /** By URI: the clients' sessions that subscribed to it. */
  readonly #subscribers = new Map<string, Set<string>>();
  readonly #told = new Map<ListName, NodeJS.Timeout>();
  readonly #toldAt = new Map<ListName, number>();
  #inFlight = 0;
  #retired: (() => void) | null = null;
  #usedAt: number;
  #watchers = 0;
  #held = 0;
  #closed = false;

  constructor(options: LiveOptions) {
    this.#options = options;
    this.#usedAt = options.clock.monotonic();
  }

  /** Takes a connection whose handshake is done: reads its tools and applies the log level that was set before. */
  async adopt(connection: Connection): Promise<Result<unknown, GatewayReason>> {
    this.#connection = connection;
    const tools = await readList(connection, 'tool', this.#options.startMs);
    if (!tools.ok) return tools;
    this.#tools = digestItems('tool', tools.value);
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

  get capabilities(): JsonObject {
    return this.#facts().capabilities;
  }

  peekPins(kind: PinKind): Digests | null {
    return kind === 'tool' ? this.#tools : (this.#others.get(kind)?.known ?? null);
  }

  livePins(kind: PinKind): Read<Digests> {
    if (kind === 'tool') return Promise.resolve(success(this.#tools));
    const held = this.#others.get(kind);
    if (held !== undefined) return held.reading;
    const reading = this.#read(kind).then((items) => {
      if (this.#others.get(kind) !== entry) return items.ok ? success(digestItems(kind, items.value)) : items;
      // What could not be read is asked for again by the next who needs it.
      if (!items.ok) this.#others.delete(kind);
      else entry.known = digestItems(kind, items.value);
      return items.ok ? success(entry.known ?? NOTHING) : items;
    });
    const entry: { known: Digests | null; readonly reading: Read<Digests> } = { known: null, reading };
    this.#others.set(kind, entry);
    return reading;
  }

  resources(page: 'first' | 'later'): Read<readonly JsonObject[]> {
    return this.#resourcesWithin(page === 'first' ? 0 : RESOURCES_MS);
  }

  async lists(uri: string): Read<boolean> {
    const has = (items: readonly JsonObject[]): boolean => items.some((item) => item['uri'] === uri);
    const known = await this.#resourcesWithin(RESOURCES_MS);
    if (!known.ok || has(known.value)) return known.ok ? success(true) : known;
    const again = await this.#resourcesWithin(REREAD_MS);
    return again.ok ? success(has(again.value)) : again;
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
  listChanged(list: ListName): void {
    if (this.#closed || this.#told.has(list)) return;
    this.#forgetList(list);
    // The first change is told at once; those that follow share the next reading.
    const wait = Math.max(0, (this.#toldAt.get(list) ?? Number.NEGATIVE_INFINITY) + REREAD_MS - this.#options.clock.monotonic());
    const timer = setTimeout(() => {
      this.#told.delete(list);
      this.#toldAt.set(list, this.#options.clock.monotonic());
      void (list === 'tools' ? this.#readAgain() : this.#lookAgain(list));
    }, wait);
    timer.unref();
    this.#told.set(list, timer);
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
    const connection = this.#connection;
    if (connection === null || this.#closed) return failure('gateway.upstream_closed');
    const subscribed = await connection.subscribe(uris, onUpdated);
    if (!subscribed.ok) return subscribed;
    this.#watchers += 1;
    let over = false;
    const end = (): void => {
      if (over) return;
      over = true;
      this.#watchers -= 1;
      subscribed.value.end();
    };
    return success({ granted: subscribed.value.granted, end });
  }

  /** Told only to sessions that subscribed to the resource, or to one that it lies under (MCP 2025-11-25, resource updates). */
  updated(uri: string): void {
    const told = new Set<string>();
    for (const [of, holders] of this.#subscribers)
      if (uri === of || uri.startsWith(of.endsWith('/') ? of : `${of}/`)) for (const one of holders) told.add(one);
    for (const session of told) this.#listeners.get(session)?.updated(uri);
  }

  log(params: JsonObject): void {
    if (!this.#options.private) return;
    for (const listener of this.#listeners.values()) listener.log(params);
  }

  taskStatus(params: JsonObject): void {
    for (const listener of this.#listeners.values()) listener.taskStatus?.(params);
  }

  hold(): () => void {
    let held = true;
    this.#held += 1;
    return () => {
      if (held) this.#held -= 1;
      held = false;
      this.touch();
    };
  }

  elicited(params: JsonObject): void {
    if (!this.#options.private) return;
    for (const listener of this.#listeners.values()) listener.elicited?.(params);
  }

  /** Null where the session is several clients': nobody could say whom the server means. */
  get asker(): AskClient | null {
    if (!this.#options.private) return null;
    return async (ask) => {
      this.touch();
      for (const listener of this.#listeners.values()) if (listener.ask !== undefined) return await listener.ask(ask);
      return { error: { code: -32601, message: 'Method not found' } };
    };
  }

  tell(method: string, params: JsonObject): void {
    if (this.#options.private && !this.#closed) this.#connection?.tell(method, params);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#retired?.();
    for (const timer of this.#told.values()) clearTimeout(timer);
    await this.#connection?.close();
  }

  async #readAgain(): Promise<void> {
    const read = await this.#read('tool');
    // A list that cannot be read offers nothing: what it was before is not known to hold any more.
    const tools = read.ok ? digestItems('tool', read.value) : NOTHING;
    if (this.#closed || sameDigests(tools, this.#tools)) return;
    this.#tools = tools;
    this.#tell('tools', true);
  }

  // Single resources come and go without a pin; the templates beside them must not.
  async #lookAgain(list: Exclude<ListName, 'tools'>): Promise<void> {
    const kind = list === 'prompts' ? 'prompt' : 'template';
    const before = this.#before.get(kind) ?? null;
    // Whatever came in the meantime is read by whoever asks now.
    this.#forgetList(list);
    const now = await this.livePins(kind);
    if (this.#closed) return;
    this.#tell(list, !now.ok || before === null || !sameDigests(before, now.value));
    if (now.ok) this.#before.set(kind, now.value);
  }

  #tell(list: ListName, drifted: boolean): void {
    for (const listener of this.#listeners.values()) listener.listChanged(list, drifted);
  }

  #forgetList(list: ListName): void {
    if (list === 'tools') return;
    const kind = list === 'prompts' ? 'prompt' : 'template';
    const known = this.#others.get(kind)?.known ?? null;
    if (known !== null) this.#before.set(kind, known);
    this.#others.delete(kind);
    if (list === 'resources') this.#resources = null;
  }

  #resourcesWithin(ms: number): Read<readonly JsonObject[]> {
    const now = this.#options.clock.monotonic();
    const held = this.#resources;
    // Those who ask while it is being read share the answer.
    if (held !== null && (!held.done || now - held.at < ms)) return held.reading;
    const reading = this.#read('resource').then((items) => {
      entry.done = true;
      if (!items.ok && this.#resources === entry) this.#resources = null;
      return items;
    });
    const entry = { at: now, done: false, reading };
    this.#resources = entry;
    return reading;
  }

  async #read(kind: PinKind | 'resource'): Read<readonly JsonObject[]> {
    const connection = this.#connection;
    if (connection === null || this.#closed) return failure('gateway.upstream_closed');
    this.touch();
    return readList(connection, kind, this.#options.startMs);
  }

  #facts(): Connection['facts'] {
    if (this.#connection === null) throw new Error('a session is handed out only once it is connected');
    return this.#connection.facts;
  }
}

const NOTHING: Digests = new Map();
const NOTHING_SAID: Outcome = success({ kind: 'result', result: {}, text: '{}' });
