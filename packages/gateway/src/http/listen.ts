import { chmod } from 'node:fs/promises';
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createSecureServer, Server as SecureServer } from 'node:https';
import type { Socket } from 'node:net';
import { LIMITS } from '../base/limits.ts';
import { failure, type Result, success } from '../base/result.ts';
import { type ConnectionCounts, Connections } from './connections.ts';

export type ListenPlace = { readonly host: string; readonly port: number } | { readonly socketPath: string };

export interface ListenOptions {
  readonly place: ListenPlace;
  /** PEM texts; null for plain HTTP. TLS 1.3 is the least that is spoken. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  readonly limits?: Partial<ListenLimits>;
}

export interface ListenLimits {
  readonly headersMs: number;
  /** From a request's first byte to its last. */
  readonly requestMs: number;
  readonly keepAliveMs: number;
  readonly headerBytes: number;
  readonly connections: number;
  readonly connectionsPerAddress: number;
  readonly unreadMs: number;
  readonly unreadBytesPerSecond: number;
}

export interface Listener {
  /** `http(s)://host:port`, or the socket's path. */
  readonly url: string;
  /** 0 for a unix socket. */
  readonly port: number;
  connections(): ConnectionCounts;
  /** New connections see the new certificate; those that are open keep theirs. Nothing happens on a listener without TLS. */
  renew(tls: { readonly cert: string; readonly key: string }): void;
  /** Takes no more requests, lets those that run finish for `drainMs`, then cuts what is left. */
  close(drainMs: number): Promise<void>;
}

/** How long headers, requests and readers may be overdue before anybody looks (Node's default of 30 s lets a slow client stay four times its limit). */
const CHECK_INTERVAL_MS = 500;
const HEADER_COUNT = 100;

/** Starts a server. Fails with `http.listen_failed` and the system's code where the place cannot be had. */
export async function listen(options: ListenOptions, handler: RequestListener): Promise<Result<Listener, 'http.listen_failed'>> {
  const limits = { ...DEFAULTS, ...options.limits };
  const { connections: total, connectionsPerAddress: perAddress, unreadMs, unreadBytesPerSecond } = limits;
  const connections = new Connections({ total, perAddress, unreadMs, unreadBytesPerSecond });
  const server = build(options, limits, handler);
  server.maxHeadersCount = HEADER_COUNT;
  server.on('connection', (socket) => connections.admit(socket));
  server.on(options.tls === null ? 'connection' : 'secureConnection', (socket) => connections.watch(socket));
  server.on('request', ({ socket }, response) => response.once('close', connections.began(socket)));
  server.on('clientError', answerPlainly);
  server.on('checkContinue', (request, response) => server.emit('request', request, response));
  server.on('upgrade', (_request, socket) => socket.destroy());
  const refused = await bind(server, options.place);
  if (refused !== null) return failure('http.listen_failed', refused);
  const sweeping = setInterval(() => connections.sweep(performance.now()), CHECK_INTERVAL_MS).unref();
  server.once('close', () => clearInterval(sweeping));
  return success(listener(server, connections, options));
}

const DEFAULTS: ListenLimits = {
  headersMs: LIMITS.headersMs,
  requestMs: LIMITS.headersMs + LIMITS.bodyMs,
  keepAliveMs: LIMITS.keepAliveMs,
  headerBytes: LIMITS.headerBytes,
  connections: LIMITS.connections,
  connectionsPerAddress: LIMITS.connectionsPerAddress,
  unreadMs: LIMITS.unreadMs,
  unreadBytesPerSecond: LIMITS.unreadBytesPerSecond,
};

function build(options: ListenOptions, limits: ListenLimits, handler: RequestListener): Server {
  const shape: ServerOptions = {
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    maxHeaderSize: limits.headerBytes,
    connectionsCheckingInterval: CHECK_INTERVAL_MS,
    insecureHTTPParser: false,
    requireHostHeader: true,
    // Two Host, Content-Length or Transfer-Encoding headers must not become one: duplicates that Node drops are refused by its parser or by the door.
    joinDuplicateHeaders: false,
    noDelay: true,
    // A client that vanished without a word answers no probe. An event stream is written to less often than this finds out.
    keepAlive: true,
    keepAliveInitialDelay: LIMITS.probeAfterMs,
  };
  if (options.tls === null) return createServer(shape, handler);
  return createSecureServer({ ...shape, ...options.tls, minVersion: 'TLSv1.3', handshakeTimeout: limits.headersMs }, handler);
}

async function bind(server: Server, place: ListenPlace): Promise<string | null> {
  const refused = await new Promise<string | null>((resolve) => {
    const fail = (error: NodeJS.ErrnoException): void => resolve(error.code ?? error.message);
    server.once('error', fail);
    server.listen('socketPath' in place ? { path: place.socketPath } : place, () => {
      server.off('error', fail);
      server.on('error', () => {});
      resolve(null);
    });
  });
  if (refused === null && 'socketPath' in place) await chmod(place.socketPath, 0o600);
  return refused;
}

function listener(server: Server, connections: Connections, options: ListenOptions): Listener {
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  const host = 'host' in options.place ? options.place.host : '';
  const url =
    'socketPath' in options.place
      ? options.place.socketPath
      : `${options.tls === null ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  return {
    url,
    port,
    connections: () => connections.counts,
    renew: (tls) => {
      if (server instanceof SecureServer) server.setSecureContext({ ...tls, minVersion: 'TLSv1.3' });
    },
    close: (drainMs) => drain(server, connections, drainMs),
  };
}

function drain(server: Server, connections: Connections, drainMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => connections.destroyAll(), drainMs);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}

const PARSER_ANSWERS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

// What the parser refused never became a request, so there is nobody to answer but in plain HTTP, and nothing after it can be trusted (smuggling).
function answerPlainly(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const status = PARSER_ANSWERS[error.code ?? ''] ?? '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
}
