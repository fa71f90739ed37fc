import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../base/clock.ts';
import { DEFAULT_TENANT } from '../base/ids.ts';
import type { Logger } from '../base/log.ts';
import { failure, type Result, success } from '../base/result.ts';
import type { JsonObject } from '../contracts/json.ts';
import type { SnapshotSource } from '../contracts/snapshot.ts';
import {
  clientAddress,
  type HostRules,
  isHostAllowed,
  isOriginAllowed,
  type Listener,
  listen,
  type Readiness,
  type TrustedProxies,
} from '../http/index.ts';
import { ACCESS } from './access.ts';
import { attempts } from './attempts.ts';
import type { AdminDoors } from './doors.ts';
import type { Arrival, Handling } from './handle.ts';
import { ADMIN_LIMITS } from './limits.ts';
import { openApi } from './openapi.ts';
import { recorder } from './recorder.ts';
import { router } from './router.ts';
import { VERBS } from './routes/index.ts';
import { seldom } from './seldom.ts';
import { pointToSocket, prepareSocket, removeSocket, type SocketPlace } from './socket-place.ts';

export interface AdminOptions {
  readonly doors: AdminDoors;
  readonly snapshots: SnapshotSource;
  readonly ready: Readiness;
  readonly clock: Clock;
  readonly log: Logger;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** PEM texts. Null, plain HTTP, is for a loopback address, or for what the configuration permits by name. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** Names that the listener answers to once it has its port, as the configuration has them now. */
  readonly rules: (port: number) => HostRules;
  readonly proxies: () => TrustedProxies;
  readonly socket: SocketPlace;
}

export interface RunningAdmin {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  renew: Listener['renew'];
  readonly port: number;
  readonly socketPath: string;
  /** Ends followers, lets other requests finish, writes what is still counted, and takes the socket away. */
  close(): Promise<void>;
}

export type AdminOpenReason = 'http.listen_failed' | 'storage.permissions' | 'storage.data_in_use' | 'storage.unavailable' | 'admin.fault';

/** Opens the administration API on a loopback port and on a unix socket. */
export async function openAdmin(options: AdminOptions): Promise<Result<RunningAdmin, AdminOpenReason>> {
  const unlisted = VERBS.find((verb) => !Object.hasOwn(ACCESS, verb.name));
  if (unlisted !== undefined) return failure('admin.fault', `the route ${unlisted.path} has no row in the table of roles`);
  const closing = new AbortController();
  const handling = handlingOf(options, closing.signal);
  const arrivals = new WeakMap<IncomingMessage, Arrival>();
  const app = await router(handling, arrivals);
  const listeners = await listenBoth(options, app, arrivals);
  if (!listeners.ok) return listeners;
  const { network, socket } = listeners.value;
  return success({
    url: network.url,
    port: network.port,
    renew: (tls) => network.renew(tls),
    socketPath: options.socket.path,
    close: async () => {
      closing.abort();
      await Promise.all([network.close(ADMIN_LIMITS.drainMs), socket.close(ADMIN_LIMITS.drainMs)]);
      await app.close();
      removeSocket(options.socket);
    },
  });
}

function handlingOf({ doors, clock, log, snapshots, ready }: AdminOptions, closing: AbortSignal): Handling {
  const written = recorder(doors.audit, clock, () => snapshots.current(DEFAULT_TENANT).digest);
  const document = (): JsonObject => openApi(VERBS);
  return {
    doors,
    ready,
    clock,
    log,
    recorder: written,
    attempts: attempts(clock),
    closing,
    streams: { open: 0 },
    document,
    seldom: seldom(clock),
  };
}

async function listenBoth(
  options: AdminOptions,
  app: FastifyInstance,
  arrivals: WeakMap<IncomingMessage, Arrival>,
): Promise<Result<{ readonly network: Listener; readonly socket: Listener }, AdminOpenReason>> {
  let port = 0;
  const limits = {
    connections: ADMIN_LIMITS.connections,
    connectionsPerAddress: ADMIN_LIMITS.connectionsPerAddress,
    headerBytes: ADMIN_LIMITS.headerBytes,
  };
  const serve = (arrivalOf: (request: IncomingMessage) => Arrival) => (request: IncomingMessage, response: ServerResponse) => {
    arrivals.set(request, arrivalOf(request));
    secure(response);
    app.routing(request, response);
  };
  const prepared = await prepareSocket(options.socket);
  if (!prepared.ok) return prepared;
  const place = { host: options.host, port: options.port };
  const network = await listen(
    { place, tls: options.tls, limits },
    serve((request) => networkArrival(request, options, port)),
  );
  if (!network.ok) return network;
  port = network.value.port;
  const socket = await listen({ place: { socketPath: options.socket.path }, tls: null, limits }, serve(socketArrival));
  if (!socket.ok) {
    await network.value.close(0);
    return socket;
  }
  pointToSocket(options.socket);
  return success({ network: network.value, socket: socket.value });
}

function networkArrival({ socket, headers }: IncomingMessage, { tls, rules, proxies }: AdminOptions, port: number): Arrival {
  const names = rules(port);
  const forwarded = headers['x-forwarded-for'];
  return {
    place: clientAddress(socket.remoteAddress, typeof forwarded === 'string' ? forwarded : undefined, proxies()),
    hostAllowed: isHostAllowed(headers.host, names, tls !== null),
    originAllowed: isOriginAllowed(headers.origin, names),
  };
}

/** No browser reaches a unix socket: a request that carries an Origin there was made to look like something that it is not. */
const socketArrival = (request: IncomingMessage): Arrival => ({
  place: 'socket',
  hostAllowed: request.headers.host === 'localhost',
  originAllowed: request.headers.origin === undefined,
});

function secure(response: ServerResponse): void {
  response.setHeader('cache-control', 'no-store');
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
  response.setHeader('referrer-policy', 'no-referrer');
  response.setHeader('cross-origin-resource-policy', 'same-origin');
}
