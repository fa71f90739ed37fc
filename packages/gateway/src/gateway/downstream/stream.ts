import type { ServerResponse } from 'node:http';
import { LIMITS } from '../../base/limits.ts';

const HEAD = { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' } as const;

/** An event stream towards a client: a GET stream, a listen stream, or a call that had something to say before its result. */
export interface ClientStream {
  /** One JSON-RPC message as one event. False when the stream has ended or its reader is too slow: then it is ended. */
  send(json: string): boolean;
  end(): void;
  readonly ended: boolean;
}

/** The HTTP response that carries events, while it lasts. */
export interface Connection {
  /** Text of whole events. */
  write(text: string): void;
  /** More waits for its reader than may: whoever writes now costs memory. */
  readonly full: boolean;
  /** Called each time that the reader has read all that waited. */
  onRoom(listener: () => void): void;
  /** After what was written. */
  end(): void;
  /** At once: what was written and not read is lost. */
  cut(): void;
  readonly ended: boolean;
}

export function openConnection(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  onEnd: () => void,
): Connection {
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
  const beat = setInterval(() => response.write(': keep-alive\n\n'), LIMITS.streamBeatMs);
  beat.unref();
  response.once('close', finish);
  response.once('error', finish);
  return {
    write(text) {
      if (!ended && !response.destroyed) response.write(text);
    },
    get full() {
      return response.writableLength > LIMITS.streamBufferBytes;
    },
    onRoom(listener) {
      response.on('drain', listener);
    },
    end() {
      if (ended) return;
      finish();
      response.end();
    },
    cut() {
      response.destroy();
    },
    get ended() {
      return ended || response.destroyed;
    },
  };
}

/** JSON text holds no line break (JSON.stringify escapes them), so a message is always one `data:` line. */
export const eventOf = (json: string): string => `event: message\ndata: ${json}\n\n`;

/**
 * A stream that ends with its connection. A reader that does not read costs at most `streamBufferBytes`: then its stream is ended, and it comes
 * back with a new one.
 */
export function openStream(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  onEnd: () => void,
): ClientStream {
  const connection = openConnection(response, status, headers, onEnd);
  return {
    send(json) {
      if (connection.ended) return false;
      if (response.writableLength + json.length > LIMITS.streamBufferBytes && response.writableLength > 0) {
        connection.cut();
        return false;
      }
      connection.write(eventOf(json));
      return true;
    },
    end: () => connection.end(),
    get ended() {
      return connection.ended;
    },
  };
}
