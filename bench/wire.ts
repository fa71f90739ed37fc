import { connect, type Socket } from 'node:net';

/** One HTTP answer. The body is held as latin1 text: one character a byte. */
export interface HttpAnswer {
  readonly status: number;
  /** The status line and headers as they came. */
  readonly head: string;
  readonly body: string;
}

type Settle = (answer: HttpAnswer | Error) => void;

const CONTENT_LENGTH = /\r\ncontent-length: *(\d+)/i;
const CHUNKED = /\r\ntransfer-encoding: *chunked/i;

/** The body of a chunked message (RFC 9112 section 7.1) that begins at `from`, or null while its end has not come. */
export const readChunked = (text: string, from: number): string | null => {
  let body = '';
  let at = from;
  for (;;) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd < 0) return null;
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    if (!Number.isSafeInteger(size)) throw new Error('bad chunk size');
    const next = lineEnd + 2 + size + 2;
    if (text.length < next) return null;
    if (size === 0) return body;
    body += text.slice(lineEnd + 2, next - 2);
    at = next;
  }
};

/** Reads one whole answer from the text, or null while more must come. */
const readAnswer = (text: string): HttpAnswer | null => {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return null;
  const head = text.slice(0, headEnd);
  const start = headEnd + 4;
  const status = Number(head.slice(9, 12));
  const length = CONTENT_LENGTH.exec(head)?.[1];
  if (length === undefined) {
    if (!CHUNKED.test(head)) return { status, head, body: '' };
    const body = readChunked(text, start);
    return body === null ? null : { status, head, body };
  }
  const end = start + Number(length);
  return text.length < end ? null : { status, head, body: text.slice(start, end) };
};

/**
 * One keep-alive connection with one request in flight. A full HTTP client costs more than the server it measures;
 * this one reads what the three servers of the bench send and calls everything else an error.
 */
export class Wire {
  readonly #url: URL;
  #socket: Socket | null = null;
  #text = '';
  #settle: Settle | null = null;

  constructor(url: URL) {
    this.#url = url;
  }

  /** Sends one request (head and body, latin1) and calls back once, with the answer or with what went wrong. */
  send(request: string, settle: Settle): void {
    if (this.#settle !== null) throw new Error('a request is in flight');
    this.#settle = settle;
    this.#socket ??= this.#open();
    this.#socket.write(request, 'latin1');
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = null;
  }

  #open(): Socket {
    const socket = connect({ host: this.#url.hostname, port: Number(this.#url.port), noDelay: true });
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', (error) => this.#fail(socket, error));
    socket.on('close', () => this.#fail(socket, new Error('the connection was closed')));
    return socket;
  }

  #read(chunk: Buffer): void {
    this.#text += chunk.toString('latin1');
    const answer = this.#parse();
    if (answer === null) return;
    this.#text = '';
    this.#finish(answer);
  }

  #parse(): HttpAnswer | Error | null {
    try {
      return readAnswer(this.#text);
    } catch (error) {
      return error as Error;
    }
  }

  /** A socket that was given up must not end the call of the one that followed it. */
  #fail(socket: Socket, error: Error): void {
    if (socket !== this.#socket) return;
    this.close();
    this.#text = '';
    this.#finish(error);
  }

  #finish(answer: HttpAnswer | Error): void {
    const settle = this.#settle;
    this.#settle = null;
    settle?.(answer);
  }
}
