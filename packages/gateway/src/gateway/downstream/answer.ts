import type { ServerResponse } from 'node:http';
import { type ClientStream, openStream } from './stream.ts';

/** The one answer to one POST: a JSON body, or an event stream once something has to be said before the result. */
export interface Answer {
  /** A message on this request's own stream; opens it. False where nobody reads it any more. */
  notify(json: string): boolean;
  /** The JSON-RPC response, last. */
  finish(status: number, json: string): void;
  /** No body: notifications and answers (202), ended sessions (204). */
  empty(status: number): void;
  /** Turns the answer into a stream that stays open until it is ended. */
  stream(onEnd: () => void): ClientStream;
  /** Added to whatever head is sent later. */
  header(name: string, value: string): void;
  /** Called once when the client is gone before the answer is complete. */
  onGone(listener: () => void): void;
}

export function answerTo(response: ServerResponse): Answer {
  const headers: Record<string, string> = {};
  let stream: ClientStream | null = null;
  let done = false;
  return {
    notify(json) {
      if (done || response.destroyed) return false;
      stream ??= openStream(response, 200, headers, () => undefined);
      return stream.send(json);
    },
    finish(status, json) {
      if (done) return;
      done = true;
      if (stream) {
        stream.send(json);
        stream.end();
        return;
      }
      headers['content-type'] = 'application/json';
      headers['content-length'] = String(Buffer.byteLength(json));
      head(response, status, headers);
      response.end(json);
    },
    empty(status) {
      if (done) return;
      done = true;
      headers['content-length'] = '0';
      head(response, status, headers);
      response.end();
    },
    stream(onEnd) {
      done = true;
      return openStream(response, 200, headers, onEnd);
    },
    header(name, value) {
      headers[name] = value;
    },
    onGone(listener) {
      response.once('close', () => {
        if (!response.writableFinished) listener();
      });
    },
  };
}

// Of a body that was refused unread the rest is not read either: kept alive, Node would go on reading what never ends, only to drop it.
function head(response: ServerResponse, status: number, headers: Record<string, string>): void {
  headers['cache-control'] = 'no-store';
  if (!response.req.complete) headers['connection'] = 'close';
  response.writeHead(status, headers);
}
