import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../base/clock.ts';
import { type ExchangeId, ulid } from '../../base/ids.ts';
import { LIMITS } from '../../base/limits.ts';
import type { Snapshot } from '../../contracts/snapshot.ts';
import { addressKey, clientAddress, NO_PROXIES, readBody } from '../../http/index.ts';
import type { Received } from '../exchange.ts';
import { ONCE } from '../guards/door.ts';

const MAX_REF = 2048;

/** The beginning of an exchange: nothing has been believed yet, and nothing of the body read. */
export function receive(request: IncomingMessage, snapshot: Snapshot, clock: Clock): Received {
  const url = (request.url ?? '/').slice(0, MAX_REF);
  const mark = url.indexOf('?');
  const address = clientAddress(request.socket.remoteAddress, undefined, NO_PROXIES);
  const now = clock.now();
  return {
    id: ulid(now) as ExchangeId,
    receivedAt: now,
    startedAt: clock.monotonic(),
    snapshot,
    peer: { address, bucket: addressKey(address) },
    http: {
      verb: request.method ?? '',
      path: mark === -1 ? url : url.slice(0, mark),
      query: mark === -1 ? '' : url.slice(mark + 1),
      headers: request.headers,
      repeated: repeatedOf(request),
      readBody: () => readBody(request, { maxBytes: snapshot.settings.input.maxPayloadBytes, deadlineMs: LIMITS.bodyMs }),
    },
    trace: [],
  };
}

// node:http keeps the first of a repeated field and drops the others; what another reader would keep is unknown, so none is accepted.
function repeatedOf(request: IncomingMessage): readonly string[] {
  const seen = new Set<string>();
  const repeated: string[] = [];
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const name = (request.rawHeaders[i] ?? '').toLowerCase();
    if (!(ONCE as readonly string[]).includes(name)) continue;
    if (seen.has(name)) repeated.push(name);
    seen.add(name);
  }
  return repeated;
}
