import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { ADMIN_LIMITS } from './limits.ts';
import type { Stream } from './verb.ts';

/**
 * Sends objects as lines for as long as the other end reads. Nothing more is taken from the source while the socket is full; an empty line
 * every 15 seconds tells both ends that the other is there. Resolves when it is over, whoever ended it.
 */
export async function sendStream(response: ServerResponse, stream: Stream['stream'], signal: AbortSignal): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  response.flushHeaders();
  const heartbeat = setInterval(() => {
    if (response.writableLength === 0) response.write('\n');
  }, ADMIN_LIMITS.heartbeatMs);
  try {
    await stream(signal, async (item) => {
      if (response.write(`${JSON.stringify(item)}\n`)) return;
      // A follower that reads nothing for this long would hold its buffer for ever: it can come back with `from`.
      await once(response, 'drain', { signal: AbortSignal.any([signal, AbortSignal.timeout(2 * ADMIN_LIMITS.heartbeatMs)]) });
    });
  } catch {
    response.destroy();
  } finally {
    clearInterval(heartbeat);
    response.end();
  }
}
