import { type DownstreamSessionId, serverLabel } from '../../base/ids.ts';
import { LIMITS } from '../../base/limits.ts';
import { failure, type Result, success } from '../../base/result.ts';
import type { GatewayReason } from '../../contracts/reasons/gateway.ts';
import type { Registration } from '../../contracts/registration.ts';
import type { Era } from '../../contracts/target.ts';
import { Backoff } from './backoff.ts';
import type { ConnectionEvents } from './connection.ts';
import { type DialDeps, Dialer, nameOf } from './dial.ts';
import { LiveSession } from './live-session.ts';
import { placeOf } from './place.ts';
import { type SlotKey, sameServer, slotKey } from './slot-key.ts';
import { type Slot, type SlotCaps, Slots, USUAL_CAPS } from './slots.ts';
import type { Unasked, UpstreamListener, UpstreamOwner, UpstreamSession, Upstreams, Watching } from './upstream.ts';
import { keepWatching } from './watch.ts';

export interface UpstreamsDeps extends Omit<DialDeps, 'startMs'> {
  readonly startMs?: number;
  readonly idleMs?: number;
  readonly caps?: SlotCaps;
  /** A server said something that nobody asked for, or that nobody could take. Never rejects. */
  readonly onUnasked?: (server: Registration, method: string, why: Unasked) => Promise<void>;
}

type Acquired = Result<LiveSession, GatewayReason>;

/** What is remembered of a session that does not run: why it failed, and the log level that its client set. */
interface Memory {
  readonly backoff: Backoff;
  level: string | null;
}

const MEMORIES = 4096;
const SWEEP_MS = 5000;

/** Opens the table of upstream sessions. Nothing is started before it is needed. */
export const openUpstreams = (deps: UpstreamsDeps): Upstreams => new SessionTable(deps);

class SessionTable implements Upstreams {
  readonly #deps: UpstreamsDeps;
  readonly #startMs: number;
  readonly #dialer: Dialer;
  readonly #slots: Slots;
  readonly #starts = new Map<string, Promise<Acquired>>();
  readonly #memories = new Map<string, Memory>();
  readonly #registrations = new Map<string, Registration>();
  readonly #retiring = new Set<LiveSession>();
  readonly #sweep: NodeJS.Timeout;
  #nextScratch = 0;
  #closed = false;

  constructor(deps: UpstreamsDeps) {
    this.#deps = deps;
    this.#startMs = deps.startMs ?? LIMITS.startMs;
    this.#dialer = new Dialer({ ...deps, startMs: this.#startMs });
    this.#slots = new Slots(deps.caps ?? USUAL_CAPS);
    this.#sweep = setInterval(() => this.#endIdle(), Math.min(SWEEP_MS, deps.idleMs ?? SWEEP_MS));
    this.#sweep.unref();
  }

  acquire(server: Registration, era: Era, owner: UpstreamOwner): ReturnType<Upstreams['acquire']> {
    if (this.#closed) return failure('gateway.draining');
    if (!server.enabled || server.revisions[era].length === 0) return failure('gateway.upstream_era', `${server.id} does not speak ${era}`);
    const key = slotKey(server, era, owner);
    const found = this.#slots.get(key.text);
    if (found !== undefined && !sameServer(found.server, server)) this.releaseServer(found.server);
    else if (found !== undefined) return success(this.#handOut(found.session, owner));
    return this.#acquireStarted(this.#starts.get(key.text) ?? this.#begin(key, server, era, owner), owner);
  }

  async #acquireStarted(starting: Promise<Acquired>, owner: UpstreamOwner): Promise<Result<UpstreamSession, GatewayReason>> {
    const started = await starting;
    return started.ok ? success(this.#handOut(started.value, owner)) : started;
  }

  peek(server: Registration, era: Era, owner: UpstreamOwner): UpstreamSession | null {
    const slot = this.#slots.get(slotKey(server, era, owner).text);
    return slot !== undefined && sameServer(slot.server, server) ? slot.session : null;
  }

  watch(server: Registration, era: Era, owner: UpstreamOwner & { readonly listener: UpstreamListener }): Watching {
    const open = async (): Promise<LiveSession | null> => {
      const got = await this.acquire(server, era, { ...owner, listener: null });
      return got.ok ? (got.value as LiveSession) : null;
    };
    return keepWatching(open, owner.listener);
  }

  releaseSession(session: DownstreamSessionId): void {
    for (const slot of this.#slots.all()) {
      slot.session.forget(session);
      if (slot.key.session === session) this.#end(slot);
    }
    for (const key of this.#memories.keys()) if (key.endsWith(` ${session}`)) this.#memories.delete(key);
    this.#endStarting((key) => key.endsWith(` ${session}`));
  }

  releaseServer(server: Registration): void {
    const name = nameOf(server);
    const ended = this.#slots
      .all()
      .flatMap((slot) => (slot.key.server === name && this.#slots.drop(slot) ? [this.#retire(slot.session)] : []));
    for (const key of this.#memories.keys()) if (key.startsWith(`${name} `)) this.#memories.delete(key);
    this.#registrations.delete(name);
    this.#endStarting((key) => key.startsWith(`${name} `));
    void this.#dialer.release(server, Promise.all(ended));
  }

  status(): ReturnType<Upstreams['status']> {
    const slots = this.#slots.all();
    return [...this.#registrations.values()].flatMap((server) =>
      (['legacy', 'modern'] as const)
        .filter((era) => server.revisions[era].length > 0)
        .map((era) => {
          const sessions = slots.filter((slot) => slot.key.server === nameOf(server) && slot.era === era).length;
          const detail = sessions > 0 ? null : this.#trouble(`${nameOf(server)} ${era}`);
          return {
            server: serverLabel(server.tenant, server.id),
            era,
            sessions,
            state: sessions > 0 ? 'ready' : detail === null ? 'idle' : 'failing',
            detail,
            failuresLastHour: this.#failuresOf(`${nameOf(server)} ${era}`),
          } as const;
        }),
    );
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#sweep);
    await Promise.allSettled(this.#starts.values());
    await Promise.all([...this.#slots.all().map((slot) => slot.session), ...this.#retiring].map((session) => session.close()));
    await this.#dialer.close();
  }

  #begin(key: SlotKey, server: Registration, era: Era, owner: UpstreamOwner): Promise<Acquired> {
    const starting = this.#start(key, server, era, owner).finally(() => this.#starts.delete(key.text));
    this.#starts.set(key.text, starting);
    return starting;
  }

  async #start(key: SlotKey, server: Registration, era: Era, owner: UpstreamOwner): Promise<Acquired> {
    this.#registrations.set(nameOf(server), server);
    const memory = this.#memoryOf(key.text);
    const trouble = memory.backoff.blocked();
    if (trouble !== null) return failure('gateway.upstream_unavailable', trouble);
    if (!(await this.#makeRoom(key))) return failure('gateway.upstream_busy');
    const startedAt = this.#deps.clock.monotonic();
    const opened = await this.#open(server, era, key, memory, owner);
    if (!opened.ok) {
      this.#slots.cancel(key);
      memory.backoff.failed(opened.detail ?? opened.reason, 0);
      return opened;
    }
    memory.backoff.succeeded();
    const slot: Slot = { key, server, era, session: opened.value.session };
    this.#slots.fill(slot);
    void opened.value.closed.then((detail) => {
      if (!this.#slots.drop(slot)) return;
      memory.backoff.failed(detail, this.#deps.clock.monotonic() - startedAt);
      void slot.session.close();
    });
    return success(opened.value.session);
  }

  async #open(
    server: Registration,
    era: Era,
    key: SlotKey,
    memory: Memory,
    owner: UpstreamOwner,
  ): Promise<Result<{ readonly session: LiveSession; readonly closed: Promise<string> }, GatewayReason>> {
    const session = new LiveSession({
      clock: this.#deps.clock,
      startMs: this.#startMs,
      place: placeOf(server, era),
      private: key.session !== null,
      level: key.session === null ? null : memory.level,
      onLevel: (level) => {
        memory.level = level;
      },
      onUnasked: (method, why) => this.#deps.onUnasked?.(server, method, why) ?? Promise.resolve(),
    });
    // Some servers ask before their handshake is answered (roots): whom they mean has to be known by then.
    if (key.session !== null && owner.listener !== null) session.listen(key.session, owner.listener);
    const events: ConnectionEvents = {
      listChanged: (list) => session.listChanged(list),
      watching: () => session.watching(),
      renewed: () => session.resubscribe(),
      updated: (uri) => session.updated(uri),
      acknowledged: () => {},
      log: (params) => session.log(params),
      ask: session.asker,
      elicited: (params) => session.elicited(params),
      taskStatus: (params) => session.taskStatus(params),
      task: () => session.unasked('notifications/tasks', 'task'),
    };
    const capabilities = key.session === null || era === 'modern' ? {} : (owner.capabilities ?? {});
    const options = { clock: this.#deps.clock, capabilities, events, startMs: this.#startMs };
    const connection = await this.#dialer.dial(server, era, this.#scratchOf(server, key), options);
    if (!connection.ok) return connection;
    const adopted = await session.adopt(connection.value);
    if (adopted.ok) return success({ session, closed: connection.value.closed });
    await session.close();
    return adopted;
  }

  async #makeRoom(key: SlotKey): Promise<boolean> {
    for (;;) {
      const place = this.#slots.reserve(key);
      if (place === 'reserved') return true;
      if (place === 'busy') return false;
      this.#slots.drop(place);
      await place.session.close();
    }
  }

  #handOut(session: LiveSession, owner: UpstreamOwner): LiveSession {
    session.touch();
    if (owner.session !== null && owner.listener !== null) session.listen(owner.session, owner.listener);
    return session;
  }

  /** A changed registration drops no call: each session ends with the last of its own. */
  async #retire(session: LiveSession): Promise<void> {
    this.#retiring.add(session);
    await session.retire();
    this.#retiring.delete(session);
  }

  #end(slot: Slot): void {
    if (this.#slots.drop(slot)) void slot.session.close();
  }

  // A session that is on its way when its owner leaves would run until it is idle for long, and count against him.
  #endStarting(among: (key: string) => boolean): void {
    for (const [key, starting] of this.#starts) {
      if (!among(key)) continue;
      void starting.then(() => {
        const slot = this.#slots.get(key);
        if (slot !== undefined) this.#end(slot);
      });
    }
  }

  #endIdle(): void {
    const limit = this.#deps.idleMs ?? LIMITS.upstreamIdleMs;
    for (const slot of this.#slots.all()) if (slot.session.idleMs > limit) this.#end(slot);
  }

  // A shared server keeps its folder, and what it wrote there; a session's folder is nobody else's while it runs.
  #scratchOf(server: Registration, key: SlotKey): string {
    if (key.principal === null) return nameOf(server);
    this.#nextScratch += 1;
    return `${nameOf(server)}.${this.#nextScratch}`;
  }

  #memoryOf(key: string): Memory {
    const known = this.#memories.get(key);
    if (known !== undefined) return known;
    const oldest = this.#memories.keys().next();
    if (this.#memories.size >= MEMORIES && oldest.done !== true) this.#memories.delete(oldest.value);
    const memory: Memory = { backoff: new Backoff(this.#deps.clock), level: null };
    this.#memories.set(key, memory);
    return memory;
  }

  #failuresOf(prefix: string): number {
    let failures = 0;
    for (const [key, memory] of this.#memories) {
      if (key === prefix || key.startsWith(`${prefix} `)) failures += memory.backoff.failuresLastHour;
    }
    return failures;
  }

  #trouble(prefix: string): string | null {
    for (const [key, memory] of this.#memories) {
      if ((key === prefix || key.startsWith(`${prefix} `)) && memory.backoff.detail !== null) return memory.backoff.detail;
    }
    return null;
  }
}
