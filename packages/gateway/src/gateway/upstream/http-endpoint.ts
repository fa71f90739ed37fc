import { LIMITS } from '../../base/limits.ts';
import { failure, type Result, success } from '../../base/result.ts';
import type { GatewayReason } from '../../contracts/reasons/gateway.ts';
import { type Outbound, openOutbound, reachOf } from '../../http/index.ts';

/** Where an HTTP server stands and what the gateway shows it on every request. */
export interface Endpoint {
  /** For exchanges that end. */
  readonly calls: Outbound;
  /** For streams that stay open, apart: a session each, they would take every connection from the calls. */
  readonly streams: Outbound;
  readonly path: string;
  /** Lower-case names. Headers of the registration and the bearer token of a server that we started; never anything of a client. */
  readonly headers: Readonly<Record<string, string>>;
}

const CONNECTIONS = 256;
const CONNECT_MS = 5000;

/** Headers that the registration may not set: the protocol and the connection own them. */
const OWN = /^(?:host|connection|content-length|content-type|transfer-encoding|accept|cookie|upgrade|expect|te|trailer|mcp-.*)$/;

/** What a registration says of an HTTP server. */
export interface EndpointOptions {
  readonly headers: Readonly<Record<string, string>>;
  /** Absent: TLS 1.3 alone. */
  readonly permitsTls12?: () => boolean;
}

export function openEndpoint(text: string, { headers, permitsTls12 }: EndpointOptions): Result<Endpoint, GatewayReason> {
  const url = URL.parse(text);
  if (url === null) return failure('gateway.upstream_unavailable', 'the URL is not one');
  const lower: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (!OWN.test(name.toLowerCase()) && /^[\t\x20-\x7e]*$/.test(value)) lower[name.toLowerCase()] = value;
  }
  const options = {
    reach: reachOf(url),
    connections: CONNECTIONS,
    connectMs: CONNECT_MS,
    headerBytes: LIMITS.headerBytes,
    ...(permitsTls12 === undefined ? {} : { permitsTls12 }),
  };
  const calls = openOutbound(url, options);
  const streams = openOutbound(url, options);
  if (!calls.ok) return failure('gateway.upstream_unavailable', `${calls.reason} ${calls.detail ?? ''}`);
  if (!streams.ok) return failure('gateway.upstream_unavailable', streams.reason);
  return success({ calls: calls.value, streams: streams.value, path: `${url.pathname}${url.search}`, headers: lower });
}

export const closeEndpoint = async (endpoint: Endpoint): Promise<void> => {
  await Promise.all([endpoint.calls.close(), endpoint.streams.close()]);
};
