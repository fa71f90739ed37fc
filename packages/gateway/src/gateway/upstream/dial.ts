import type { Clock } from '../../base/clock.ts';
import { failure, type Result, success } from '../../base/result.ts';
import type { GatewayReason } from '../../contracts/reasons/gateway.ts';
import type { Registration } from '../../contracts/registration.ts';
import type { Era } from '../../contracts/target.ts';
import type { LargeReader } from '../../protocol/index.ts';
import type { Connecting, Connection, ConnectOptions } from './connection.ts';
import { closeEndpoint, type Endpoint, openEndpoint } from './http-endpoint.ts';
import { openLegacyHttp } from './http-legacy.ts';
import { openModernHttp } from './http-modern.ts';
import { openSse } from './http-sse.ts';
import { type LiveEndpoint, LocalServer } from './local-http.ts';
import { openStdio, type StdioDeps } from './stdio-client.ts';

export interface DialDeps extends StdioDeps {
  readonly clock: Clock;
  readonly startMs: number;
  readonly large: LargeReader;
}

const NEVER_GONE = new Promise<string>(() => {});

/** Opens connections to registered servers. Owns what connections to one server have in common: the pool, and the process of a local HTTP server. */
export class Dialer {
  readonly #deps: DialDeps;
  readonly #endpoints = new Map<string, LiveEndpoint>();
  readonly #locals = new Map<string, LocalServer>();
  /** Those that were found to speak HTTP+SSE. */
  readonly #older = new Set<string>();

  constructor(deps: DialDeps) {
    this.#deps = deps;
  }

  /** @param scratch the folder of a stdio process below the scratch folder; no two that run at once share one, unless they are the same server's. */
  async dial(server: Registration, era: Era, scratch: string, given: Omit<ConnectOptions, 'large'>): Connecting {
    const options = { ...given, large: this.#deps.large };
    const { transport } = server;
    if (transport.kind === 'stdio') {
      return openStdio(
        this.#deps,
        { name: nameOf(server), scratch, disposable: scratch !== nameOf(server), launch: transport.launch, era },
        options,
      );
    }
    const live = await this.#endpoint(server);
    if (!live.ok) return live;
    const { endpoint, gone } = live.value;
    const opened = await (era === 'modern' ? openModernHttp(endpoint, options) : this.#openLegacy(nameOf(server), endpoint, options));
    if (opened.ok) void gone.then(() => opened.value.close());
    return opened.ok ? success(endedBy(opened.value, gone)) : opened;
  }

  // A server that takes no POST where it was registered may speak the transport before (MCP 2025-11-25, transports, "Backwards Compatibility").
  async #openLegacy(name: string, endpoint: Endpoint, options: ConnectOptions): Connecting {
    const known = this.#older.has(name) ? await openSse(endpoint, options) : null;
    if (known !== null && (known.ok || !isOtherTransport(known.reason))) return known;
    this.#older.delete(name);
    const opened = await openLegacyHttp(endpoint, options);
    if (opened.ok || known !== null || !isOtherTransport(opened.reason)) return opened;
    const older = await openSse(endpoint, options);
    // Where neither is spoken, what is usual today is what the operator is told of; where the older one is spoken wrongly, that.
    if (!older.ok) return SPOKEN_WRONGLY.has(older.reason) ? older : opened;
    this.#older.add(name);
    return older;
  }

  /** Ends the process and the pool of a server that was changed or removed: the next session starts afresh; what there was ends after `last`. */
  async release(server: Registration, last: Promise<unknown>): Promise<void> {
    const name = nameOf(server);
    const local = this.#locals.get(name);
    const endpoint = this.#endpoints.get(name);
    this.#locals.delete(name);
    this.#endpoints.delete(name);
    this.#older.delete(name);
    await last;
    await local?.close();
    if (endpoint !== undefined) await closeEndpoint(endpoint.endpoint);
  }

  async close(): Promise<void> {
    const locals = [...this.#locals.values()];
    const endpoints = [...this.#endpoints.values()];
    this.#locals.clear();
    this.#endpoints.clear();
    await Promise.all([...locals.map((local) => local.close()), ...endpoints.map((live) => closeEndpoint(live.endpoint))]);
  }

  async #endpoint(server: Registration): Promise<Result<LiveEndpoint, GatewayReason>> {
    if (server.transport.kind !== 'streamable-http') return failure('gateway.fault');
    const { url, headers, local, tls12Until } = server.transport;
    const name = nameOf(server);
    if (local !== null) {
      const running = this.#locals.get(name) ?? new LocalServer(this.#deps, { name, local, startMs: this.#deps.startMs });
      this.#locals.set(name, running);
      return running.acquire();
    }
    const known = this.#endpoints.get(name);
    if (known !== undefined) return success(known);
    if (url === null) return failure('gateway.upstream_unavailable', 'the registration has neither URL nor program');
    const permitsTls12 = (): boolean =>
      tls12Until !== undefined && new Date(this.#deps.clock.now()).toISOString().slice(0, 10) <= tls12Until;
    const opened = openEndpoint(url, { headers, ...(tls12Until === undefined ? {} : { permitsTls12 }) });
    if (!opened.ok) return opened;
    const live = { endpoint: opened.value, gone: NEVER_GONE };
    this.#endpoints.set(name, live);
    return success(live);
  }
}

/** An answer that says nothing of this transport; not a refused credential, a fault or a silence. */
const isOtherTransport = (reason: GatewayReason): boolean => reason === 'gateway.upstream_era' || reason === 'gateway.upstream_garbage';

/** What only a server says that began to speak the older transport: servers of today do with a GET what they like. */
const SPOKEN_WRONGLY: ReadonlySet<GatewayReason> = new Set(['gateway.upstream_garbage', 'gateway.upstream_timeout']);

/** Unique among running servers, and a safe folder name: both parts are ids of our own alphabet. */
export const nameOf = (server: Registration): string => `${server.tenant}.${server.id}`;

const endedBy = (connection: Connection, gone: Promise<string>): Connection => ({
  ...connection,
  closed: Promise.race([connection.closed, gone]),
});
