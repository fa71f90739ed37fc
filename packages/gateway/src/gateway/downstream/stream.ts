import type { ServerResponse } from 'node:http';
import { LIMITS } from '../../base/limits.ts';

const HEAD = { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' } as const;
const KEEP_ALIVE_MS = 15_000;

/** An open event stream towards a client: a GET stream, a listen stream, or a call that had something to say before its result. */
export interface ClientStream {
  /** One JSON-RPC message as one event. False when the stream has ended or its reader is too slow: then it is ended. */
  send(json: string): boolean;
  end(): void;
  readonly ended: boolean;
}

/**
 * A reader that does not read costs at most `streamBufferBytes`: then its stream is ended, and it comes back with a new one.
 * JSON text holds no line break (JSON.stringify escapes them), so a message is always one `data:` line.
 */
export function openStream(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  onEnd: () => void,
): ClientStream {
  response.writeHead(status, { ...HEAD, ...headers });
  response.flushHeaders();
  let ended = false;
  const finish = (): void => {
    if (ended) return;
    ended = true;
    clearInterval(beat);
    onEnd();
  };
  // A comment keeps proxies from closing a quiet stream and finds a reader that is gone.
  const beat = setInterval(() => response.write(': keep-alive\n\n'), KEEP_ALIVE_MS);
  beat.unref();
  response.once('close', finish);
  response.once('error', finish);
  return {
    send(json) {
      if (ended || response.destroyed) return false;
      if (response.writableLength + json.length > LIMITS.streamBufferBytes && response.writableLength > 0) {
        response.destroy();
        return false;
      }
      response.write(`event: message\ndata: ${json}\n\n`);
      return true;
    },
    end() {
      if (ended) return;
      finish();
      response.end();
    },
    get ended() {
      return ended;
    },
  };
}
