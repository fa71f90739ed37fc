import { lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { buildConnector, Pool } from 'undici';
import { failure, type Result, success } from '../base/result.ts';
import { isLoopbackHost, mayReach, type Reach } from './reach.ts';

export type OutboundReason = 'http.url_invalid' | 'http.destination_not_allowed';

export interface OutboundOptions {
  readonly reach: Reach;
  readonly connections: number;
  readonly connectMs: number;
  /** Bytes of a response's headers. */
  readonly headerBytes: number;
  /** Resolves names; the system's where absent. */
  readonly lookup?: LookupFunction;
  /** Asked at each connection: true permits TLS 1.2 with forward secrecy and authenticated encryption to a server that speaks no other. Absent: 1.3. */
  readonly permitsTls12?: () => boolean;
  /** PEM of extra trust anchors. */
  readonly ca?: string;
}

export interface OutboundRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | null;
  /** Until the response's headers; 0 for none. */
  readonly headersMs: number;
  /** Between two chunks of the response; 0 for none. */
  readonly idleMs: number;
}

/** What happens to one exchange. After `onEnd` or `onError` nothing more comes. */
export interface OutboundHandler {
  onStart(status: number, headers: Readonly<Record<string, string | string[] | undefined>>): void;
  onData(chunk: Buffer): void;
  onEnd(): void;
  /** @param sent false where the request cannot have reached the server (no connection was made). */
  onError(error: Error, sent: boolean): void;
}

export interface Outbound {
  readonly origin: string;
  /** Sends one request and follows no redirect. Returns what cuts it off: the connection is closed, which a server must take as cancelled. */
  send(request: OutboundRequest, handler: OutboundHandler): () => void;
  close(): Promise<void>;
}

/** One pool to one origin. Redirects, cookies and proxies of the environment do not exist here. */
export function openOutbound(url: URL, options: OutboundOptions): Result<Outbound, OutboundReason> {
  if ((url.protocol !== 'https:' && url.protocol !== 'http:') || url.username !== '' || url.password !== '') {
    return failure('http.url_invalid', url.protocol);
  }
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  // `net.connect` resolves no literal, so the guarded lookup never sees one.
  const literal = /^[0-9.]+$/.test(host) || host.includes(':');
  if (literal && !mayReach(host, options.reach)) return failure('http.destination_not_allowed', host);
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname))
    return failure('http.destination_not_allowed', 'plain http leaves this host');
  const connect = connectorOf(options);
  const pool = new Pool(url.origin, { connect, connections: options.connections, pipelining: 1, maxHeaderSize: options.headerBytes });
  return success({ origin: url.origin, send: (request, handler) => send(pool, request, handler), close: () => pool.destroy() });
}

/** What TLS 1.2 has that 1.3 kept. */
const TLS12_CIPHERS = ['ECDSA', 'RSA']
  .flatMap((key) => [`ECDHE-${key}-AES256-GCM-SHA384`, `ECDHE-${key}-CHACHA20-POLY1305`, `ECDHE-${key}-AES128-GCM-SHA256`])
  .join(':');

function connectorOf(options: OutboundOptions): buildConnector.connector {
  const shape = {
    timeout: options.connectMs,
    allowH2: false,
    lookup: guardedLookup(options),
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  };
  const current = buildConnector({ ...shape, minVersion: 'TLSv1.3' });
  const { permitsTls12 } = options;
  if (permitsTls12 === undefined) return current;
  const older = buildConnector({
    ...shape,
    minVersion: 'TLSv1.2',
    ciphers: `TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:${TLS12_CIPHERS}`,
  });
  return (target, callback) => (permitsTls12() ? older : current)(target, callback);
}

/** `public` unless the URL itself spells a loopback address. */
export const reachOf = (url: URL): Reach => (isLoopbackHost(url.hostname) ? 'loopback' : 'public');

/**
 * The check and the connection use one answer of the resolver: a name that answers differently the second time gains nothing (DNS rebinding).
 * One forbidden address among the answers refuses the name whole.
 */
export function guardedLookup(options: { readonly reach: Reach; readonly lookup?: LookupFunction }): LookupFunction {
  const resolve = options.lookup ?? (systemLookup as LookupFunction);
  return (hostname, lookupOptions, callback) => {
    resolve(hostname, { ...lookupOptions, all: true }, (error, answer) => {
      if (error !== null) return callback(error, '', 0);
      const found = Array.isArray(answer) ? answer : [{ address: answer, family: answer.includes(':') ? 6 : 4 }];
      const first = found[0];
      if (first === undefined || !found.every((entry) => mayReach(entry.address, options.reach))) {
        return callback(new DestinationError(hostname), '', 0);
      }
      return lookupOptions.all === true ? callback(null, found) : callback(null, first.address, first.family);
    });
  };
}

class DestinationError extends Error {
  readonly code = 'ERR_DESTINATION_NOT_ALLOWED';
  constructor(hostname: string) {
    super(`${hostname} resolves to an address that may not be reached`);
  }
}

const NOT_SENT = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ERR_DESTINATION_NOT_ALLOWED',
]);

function send(pool: Pool, request: OutboundRequest, handler: OutboundHandler): () => void {
  let abort: ((reason: Error) => void) | null = null;
  let done = false;
  const fail = (error: Error): void => {
    if (done) return;
    done = true;
    handler.onError(error, !NOT_SENT.has((error as NodeJS.ErrnoException).code ?? ''));
  };
  const cut = (): void => {
    done = true;
    abort?.(new Error('cut off'));
  };
  const dispatched = {
    onRequestStart: (controller: { abort(reason: Error): void }): void => {
      abort = (reason) => controller.abort(reason);
      if (done) controller.abort(new Error('cut off'));
    },
    onResponseStart: (_controller: unknown, status: number, headers: Record<string, string | string[] | undefined>): void => {
      if (!done && status >= 200) handler.onStart(status, headers);
    },
    onResponseData: (_controller: unknown, chunk: Buffer): void => {
      if (!done) handler.onData(chunk);
    },
    onResponseEnd: (): void => {
      if (done) return;
      done = true;
      handler.onEnd();
    },
    onResponseError: (_controller: unknown, error: Error): void => fail(error),
  };
  try {
    pool.dispatch(
      {
        method: request.method,
        path: request.path,
        headers: request.headers,
        body: request.body,
        headersTimeout: request.headersMs,
        bodyTimeout: request.idleMs,
      },
      dispatched,
    );
  } catch (error) {
    queueMicrotask(() => fail(error as Error));
  }
  return cut;
}
