import type { ServerResponse } from 'node:http';
import { LIMITS } from '../../base/limits.ts';
import type { ResumableStream } from './resumable-stream.ts';
import { type ClientStream, openConnection, openStream } from './stream.ts';

/** The one answer to one POST: a JSON body, or an event stream once something has to be said before the result. */
export interface Answer {
  /** A message on this request's own stream; opens it. False where nobody reads it any more, or comes back to read it. */
  notify(json: string): boolean;
  /** The JSON-RPC response, last. */
  finish(status: number, json: string): void;
  /** No body: notifications and answers (202), ended sessions (204). */
  empty(status: number): void;
  /** Turns the answer into a stream that stays open until it is ended. */
  stream(onEnd: () => void): ClientStream;
  /** The same for a stream that can be taken up again; `after` is null at its beginning. */
  carry(stream: ResumableStream, after: number | null, onEnd: () => void): void;
  /** Should this answer become a stream, it is one that can be taken up again; `early`, it becomes one when it takes long. */
  resumable(open: () => ResumableStream, early: boolean): void;
  /** Lets the client go, who comes back for the answer; nothing where it cannot come back. */
  park(retryMs: number): void;
  /** Added to whatever head is sent later. */
  header(name: string, value: string): void;
  /** Called once when the client is gone before the answer is complete. */
  onGone(listener: () => void): void;
}

export const answerTo = (response: ServerResponse): Answer => new HttpAnswer(response);

class HttpAnswer implements Answer {
  readonly #response: ServerResponse;
  readonly #headers: Record<string, string> = {};
  #stream: ClientStream | null = null;
  #resumed: ResumableStream | null = null;
  #open: (() => ResumableStream) | null = null;
  #slow: NodeJS.Timeout | undefined;
  #done = false;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  notify(json: string): boolean {
    if (this.#done || (this.#stream === null && this.#response.destroyed)) return false;
    return this.#opened().send(json);
  }

  finish(status: number, json: string): void {
    if (!this.#isFirst()) return;
    if (this.#stream !== null) {
      this.#stream.send(json);
      this.#stream.end();
      return;
    }
    this.#headers['content-type'] = 'application/json';
    this.#headers['content-length'] = String(Buffer.byteLength(json));
    this.#head(status);
    this.#response.end(json);
  }

  empty(status: number): void {
    if (!this.#isFirst()) return;
    this.#headers['content-length'] = '0';
    this.#head(status);
    this.#response.end();
  }

  stream(onEnd: () => void): ClientStream {
    this.#isFirst();
    return openStream(this.#response, 200, this.#headers, onEnd);
  }

  carry(stream: ResumableStream, after: number | null, onEnd: () => void): void {
    this.#isFirst();
    this.#attach(stream, after, onEnd);
  }

  resumable(open: () => ResumableStream, early: boolean): void {
    this.#open = open;
    // Only a stream that has told an event can be taken up again, so one that is slow begins before it has anything to say.
    if (early) this.#slow = setTimeout(() => this.#begin(), LIMITS.streamAfterMs).unref();
  }

  park(retryMs: number): void {
    if (this.#done || this.#open === null || this.#response.destroyed) return;
    this.#opened();
    this.#resumed?.park(retryMs);
  }

  header(name: string, value: string): void {
    this.#headers[name] = value;
  }

  onGone(listener: () => void): void {
    // Who left while a guard waited for a server has left all the same.
    if (this.#response.closed) {
      if (!this.#response.writableFinished) listener();
      return;
    }
    this.#response.once('close', () => {
      if (!this.#response.writableFinished) listener();
    });
  }

  #isFirst(): boolean {
    clearTimeout(this.#slow);
    if (this.#done) return false;
    this.#done = true;
    return true;
  }

  #begin(): void {
    if (!this.#done && !this.#response.destroyed) this.#opened();
  }

  #opened(): ClientStream {
    if (this.#stream !== null) return this.#stream;
    clearTimeout(this.#slow);
    if (this.#open === null) {
      this.#stream = openStream(this.#response, 200, this.#headers, () => undefined);
    } else {
      this.#resumed = this.#open();
      this.#attach(this.#resumed, null, () => undefined);
      this.#stream = this.#resumed;
    }
    return this.#stream;
  }

  #attach(stream: ResumableStream, after: number | null, onEnd: () => void): void {
    const connection = openConnection(this.#response, 200, this.#headers, () => {
      stream.detached(connection);
      onEnd();
    });
    stream.attach(connection, after);
  }

  // Of a body that was refused unread the rest is not read either: kept alive, Node would go on reading what never ends, only to drop it.
  #head(status: number): void {
    this.#headers['cache-control'] = 'no-store';
    if (!this.#response.req.complete) this.#headers['connection'] = 'close';
    this.#response.writeHead(status, this.#headers);
  }
}
