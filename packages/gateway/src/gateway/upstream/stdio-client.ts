import { rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { failure, type Result, success } from '../../base/result.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { GatewayReason } from '../../contracts/reasons/gateway.ts';
import type { Launch } from '../../contracts/registration.ts';
import type { Era } from '../../contracts/target.ts';
import { LineReader, oneLine } from '../../protocol/index.ts';
import { type Awaited, awaitAcknowledged } from './acknowledged.ts';
import { Asks } from './asks.ts';
import { Calls, type Outcome, type Started } from './calls.ts';
import { CALLS_PER_CONNECTION, type Connecting, type Connection, type ConnectOptions, type ServerFacts } from './connection.ts';
import {
  discover,
  initialize,
  legacyParams,
  listenRequest,
  modernParams,
  offersListChanged,
  ownRequest,
  subscribeRequest,
  tracedParams,
} from './handshake.ts';
import { receive } from './incoming.ts';
import { type Child, type LaunchDeps, launch } from './launch.ts';
import { MessageReader } from './message-reader.ts';
import { BATCHING, guessId, type Read } from './read-message.ts';
import { type Ended, Reconnect } from './reconnect.ts';
import { followLog } from './server-log.ts';
import type { Subscription, UpstreamRequest, Watch } from './upstream.ts';

export interface StdioDeps extends LaunchDeps {
  readonly onServerLog: (server: string, line: string) => void;
}

export interface StdioTarget {
  /** For the log. */
  readonly name: string;
  readonly scratch: string;
  /** Whether the scratch folder is one session's: emptied before, since it may be left from a crash and another principal, and removed after. */
  readonly disposable: boolean;
  readonly launch: Launch;
  readonly era: Era;
}

const REMOVE = { recursive: true, force: true, maxRetries: 3 } as const;

/** Bytes that wait for a server that does not read. Beyond it the session ends: nothing queued there may act minutes later. */
const UNREAD_BYTES = 32 * 1_048_576;
/** Lines on stdout that are no message before the server counts as broken: some print a banner there. */
const GARBAGE_LINES = 100;
const LIVED_MS = 5000;
/** Listen requests for single resources, of all callers together: they count among the calls of the connection. */
const SUBSCRIPTIONS = 128;

/** Starts a server and speaks to it over its standard streams. It is ended again where the handshake fails. */
export async function openStdio(deps: StdioDeps, target: StdioTarget, options: ConnectOptions): Connecting {
  const folder = join(deps.scratch, target.scratch);
  if (target.disposable) rmSync(folder, REMOVE);
  const started = launch(deps, target.scratch, target.launch);
  if (!started.ok) return started;
  if (target.disposable) void started.value.exited.then(() => rm(folder, REMOVE)).catch(() => {});
  followLog(started.value, started.value.stderr, options.clock, (line) => deps.onServerLog(target.name, line));
  const session = new StdioSession(started.value, options, target.era);
  const facts =
    target.era === 'legacy'
      ? await initialize((request) => session.request(request), options.capabilities, options.startMs)
      : await discover((request) => session.request(request), options.startMs);
  if (!facts.ok) {
    await session.close();
    const detail = facts.detail ?? facts.reason;
    return facts.reason === 'gateway.upstream_era'
      ? facts
      : failure('gateway.upstream_start_failed', `${detail} (${await session.closed})`);
  }
  if (target.era === 'legacy') session.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
  return success(session.ready(facts.value));
}

class StdioSession {
  readonly #child: Child;
  readonly #options: ConnectOptions;
  readonly #era: Era;
  readonly #calls: Calls;
  readonly #asks: Asks;
  readonly closed: Promise<string>;
  readonly #subscribed = new Map<string, { readonly waiting: Awaited; readonly watch: Watch }>();
  #revision: string | null = null;
  #garbage = 0;
  #fault: string | null = null;
  #level: string | null = null;
  #listening: Reconnect | null = null;
  #listenId: string | null = null;

  constructor(child: Child, options: ConnectOptions, era: Era) {
    this.#child = child;
    this.#options = options;
    this.#era = era;
    this.#asks = new Asks({
      clock: options.clock,
      ask: era === 'legacy' ? options.events.ask : null,
      send: (message) => this.send(message),
      onFlood: () => this.#break('gateway.upstream_garbage', 'it floods its client with requests'),
    });
    this.#calls = new Calls(options.clock, CALLS_PER_CONNECTION, () => this.#asks.budget.open);
    const reader = new MessageReader(
      options.large,
      (message, line) => this.#take(message, line),
      () => this.#revision === BATCHING,
    );
    const lines = new LineReader(
      (line) => reader.read(line),
      () => this.#break('gateway.upstream_too_large', 'a line of more than 10 MB'),
    );
    child.stdout.on('data', (chunk: Buffer) => {
      lines.push(chunk);
      if (!reader.waiting) return;
      child.stdout.pause();
      reader.whenRead(() => child.stdout.resume());
    });
    this.closed = child.exited.then(async (exit) => {
      await new Promise<void>((read) => reader.whenRead(read));
      const detail = this.#fault ?? `the process ended (${exit.signal ?? `code ${exit.code}`})`;
      this.#listening?.stop();
      this.#asks.endAll();
      this.#calls.failAll('gateway.upstream_closed', detail);
      return detail;
    });
  }

  async request(request: UpstreamRequest): Promise<Outcome> {
    const started = this.#start(request);
    return started.ok ? started.value.outcome : started;
  }

  #start(request: UpstreamRequest): Result<Started, GatewayReason> {
    if (this.#fault !== null || !this.#child.stdin.writable) return failure('gateway.upstream_closed', this.#fault ?? 'the process ended');
    const call = this.#calls.start(request, (id) => this.#cancel(id, request.method));
    if (call === null) return failure('gateway.upstream_busy');
    const params =
      this.#era === 'modern'
        ? modernParams(request, call.id, this.#options.capabilities)
        : tracedParams(request, legacyParams(request, call.id));
    this.send({ jsonrpc: '2.0', id: call.id, method: request.method, params });
    return success(call);
  }

  send(message: JsonObject): void {
    if (!this.#child.stdin.writable) return;
    this.#child.stdin.write(`${oneLine(JSON.stringify(message))}\n`);
    if (this.#child.stdin.writableLength > UNREAD_BYTES) this.#break('gateway.upstream_closed', 'it does not read its input');
  }

  close(): Promise<void> {
    this.#fault ??= 'ended by the gateway';
    this.#listening?.stop();
    return this.#child.end();
  }

  ready(facts: ServerFacts): Connection {
    this.#revision = facts.revision;
    return {
      facts,
      request: (request) => this.request(request),
      setLogLevel: (level) => this.#setLogLevel(level, facts),
      tell: (method, params) => this.send({ jsonrpc: '2.0', method, params }),
      watch: () => this.#watch(facts),
      unwatch: () => this.#listening?.stop(),
      subscribe: (watch) => this.#subscribe(watch),
      closed: this.closed,
      close: () => this.close(),
    };
  }

  // A stateful server tells of changes anyway; a stateless one only those who listen (MCP 2026-07-28), and it may end that.
  #watch(facts: ServerFacts): void {
    if (this.#era !== 'modern' || offersListChanged(facts).length === 0) return;
    this.#listening ??= new Reconnect((ended) => this.#listen(facts, ended));
    this.#listening.start();
  }

  #listen(facts: ServerFacts, ended: Ended): () => void {
    const controller = new AbortController();
    const started = this.#start(listenRequest(controller.signal, facts));
    // The process is gone, and the session with it; or too much is under way, which passes.
    if (!started.ok) {
      queueMicrotask(() => ended(false));
      return () => {};
    }
    this.#listenId = started.value.id;
    const openedAt = this.#options.clock.monotonic();
    void started.value.outcome.then(() => ended(this.#options.clock.monotonic() - openedAt > LIVED_MS));
    return () => controller.abort();
  }

  async #subscribe(watch: Watch): Promise<Result<Subscription, GatewayReason>> {
    if (this.#era !== 'modern') return failure('gateway.upstream_era');
    if (this.#subscribed.size >= SUBSCRIPTIONS) return failure('gateway.upstream_busy');
    const controller = new AbortController();
    const started = this.#start(subscribeRequest(controller.signal, watch));
    if (!started.ok) return started;
    const { id, outcome } = started.value;
    const waiting = awaitAcknowledged(watch.names, this.#options.startMs, () => controller.abort());
    this.#subscribed.set(id, { waiting, watch });
    void outcome.then((ended) => {
      this.#subscribed.delete(id);
      waiting.failed(ended.ok ? 'gateway.upstream_closed' : ended.reason);
    });
    return waiting.outcome;
  }

  async #setLogLevel(level: string, facts: ServerFacts): Promise<void> {
    if (this.#era !== 'legacy' || facts.capabilities['logging'] === undefined || this.#level === level) return;
    this.#level = level;
    await this.request(ownRequest('logging/setLevel', { level }, this.#options.startMs));
  }

  #take(message: Read, line: Uint8Array): void {
    if (message.ok) {
      // A modern log message on stdio does not say which call it serves, and the process serves several principals: it reaches nobody.
      receive(message.value, { calls: this.#calls, events: this.#events(), callId: null, asks: this.#asks });
      return;
    }
    const id = guessId(line);
    if (id !== null && this.#calls.settle(id, message)) return;
    this.#garbage += 1;
    if (this.#garbage > GARBAGE_LINES) this.#break('gateway.upstream_garbage', 'its output is not the protocol');
  }

  #events(): ConnectOptions['events'] {
    const events = this.#options.events;
    if (this.#era === 'legacy') return events;
    // One process serves several callers: what it says of resources is of the listen request that it names, and of no other.
    return {
      ...events,
      log: () => {},
      elicited: () => {},
      taskStatus: () => {},
      updated: (uri, subscription) => {
        const watch = this.#subscribed.get(String(subscription))?.watch;
        if (watch?.kind === 'resources') watch.updated(uri);
      },
      task: (params, subscription) => {
        const watch = this.#subscribed.get(String(subscription))?.watch;
        if (watch?.kind === 'tasks') watch.told(params);
        else events.task(params, subscription);
      },
      acknowledged: (granted, subscription) => {
        if (subscription === this.#listenId) events.watching();
        const subscribed = this.#subscribed.get(String(subscription));
        subscribed?.waiting.granted(granted[subscribed.watch.kind]);
      },
    };
  }

  // `initialize` must not be cancelled (MCP 2025-11-25, cancellation).
  #cancel(id: string, method: string): void {
    if (method === 'initialize') return;
    this.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } });
  }

  #break(reason: GatewayReason, detail: string): void {
    if (this.#fault !== null) return;
    this.#fault = detail;
    this.#calls.failAll(reason, detail);
    void this.#child.end();
  }
}
