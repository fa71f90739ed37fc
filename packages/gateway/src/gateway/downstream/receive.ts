import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import { type ExchangeId, ulid } from '../../base/ids.ts';
import { LIMITS } from '../../base/limits.ts';
import { success } from '../../base/result.ts';
import type { Snapshot } from '../../contracts/snapshot.ts';
import { addressKey, clientAddress, NO_PROXIES, readBody, repeatedHeaders, type TrustedProxies } from '../../http/index.ts';
import type { Peer, Received } from '../exchange.ts';

const MAX_REF = 2048;

/** The beginning of an exchange: nothing has been believed yet, and nothing of the body read. */
export function receive(request: IncomingMessage, snapshot: Snapshot, clock: Clock, proxies: TrustedProxies): Received {
  const url = (request.url ?? '/').slice(0, MAX_REF);
  const mark = url.indexOf('?');
  const now = clock.now();
  return {
    id: ulid(now) as ExchangeId,
    receivedAt: now,
    startedAt: clock.monotonic(),
    snapshot,
    peer: peerOf(request, proxies),
    http: {
      verb: request.method ?? '',
      path: mark === -1 ? url : url.slice(0, mark),
      query: mark === -1 ? '' : url.slice(mark + 1),
      headers: request.headers,
      repeated: repeatedHeaders(request.rawHeaders, request.headers),
      readBody: () => readBody(request, { maxBytes: snapshot.settings.input.maxPayloadBytes, deadlineMs: LIMITS.bodyMs }),
    },
    trace: [],
  };
}

/** One message of a batch as an exchange of its own, which shares nothing with the others but the request that brought it. */
export function receiveMember({ snapshot, peer, http }: Received, text: string, clock: Clock): Received {
  const now = clock.now();
  const body = Buffer.from(text);
  const own = { ...http, readBody: () => Promise.resolve(success(body)) };
  return { id: ulid(now) as ExchangeId, receivedAt: now, startedAt: clock.monotonic(), snapshot, peer, http: own, trace: [] };
}

const peers = new WeakMap<Socket, Peer>();

/** Who is at the other end: the connection's, or whom a trusted proxy names. */
function peerOf({ socket, headers }: IncomingMessage, proxies: TrustedProxies): Peer {
  const direct = directPeer(socket);
  const forwarded = headers['x-forwarded-for'];
  if (proxies === NO_PROXIES || typeof forwarded !== 'string' || !proxies.contains(direct.address)) return direct;
  const address = clientAddress(direct.address, forwarded, proxies);
  return address === direct.address ? direct : { address, bucket: addressKey(address) };
}

// Read once a connection: its other end cannot change, and parsing the address twice costs as much as some guards do.
function directPeer(socket: Socket): Peer {
  const known = peers.get(socket);
  if (known !== undefined) return known;
  const address = clientAddress(socket.remoteAddress, undefined, NO_PROXIES);
  const peer = { address, bucket: addressKey(address) };
  peers.set(socket, peer);
  return peer;
}
