import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import { type ExchangeId, ulid } from '../../base/ids.ts';
import { LIMITS } from '../../base/limits.ts';
import type { Snapshot } from '../../contracts/snapshot.ts';
import { addressKey, clientAddress, NO_PROXIES, readBody, repeatedHeaders } from '../../http/index.ts';
import type { Peer, Received } from '../exchange.ts';

const MAX_REF = 2048;

/** The beginning of an exchange: nothing has been believed yet, and nothing of the body read. */
export function receive(request: IncomingMessage, snapshot: Snapshot, clock: Clock): Received {
  const url = (request.url ?? '/').slice(0, MAX_REF);
  const mark = url.indexOf('?');
  const now = clock.now();
  return {
    id: ulid(now) as ExchangeId,
    receivedAt: now,
    startedAt: clock.monotonic(),
    snapshot,
    peer: peerOf(request.socket),
    http: {
      verb: request.method ?? '',
      path: mark === -1 ? url : url.slice(0, mark),
      query: mark === -1 ? '' : url.slice(mark + 1),
      headers: request.headers,
      repeated: repeatedHeaders(request.rawHeaders),
      readBody: () => readBody(request, { maxBytes: snapshot.settings.input.maxPayloadBytes, deadlineMs: LIMITS.bodyMs }),
    },
    trace: [],
  };
}

const peers = new WeakMap<Socket, Peer>();

// Read once a connection: its other end cannot change, and parsing the address twice costs as much as some guards do.
function peerOf(socket: Socket): Peer {
  const known = peers.get(socket);
  if (known !== undefined) return known;
  const address = clientAddress(socket.remoteAddress, undefined, NO_PROXIES);
  const peer = { address, bucket: addressKey(address) };
  peers.set(socket, peer);
  return peer;
}
