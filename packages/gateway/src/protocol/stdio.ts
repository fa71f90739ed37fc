import type { Readable, Writable } from 'node:stream';
import { LIMITS } from '../base/limits.ts';
import { PendingBytes } from './pending-bytes.ts';

const LF = 0x0a;
const CR = 0x0d;
const BRACE = 0x7b;
const BRACKET = 0x5b;

/** Cuts a byte stream into lines: LF or CRLF, none longer than the limit. What has no end yet waits. */
export class LineReader {
  readonly #onLine: (line: Buffer) => void;
  readonly #onTooLong: () => void;
  readonly #maxBytes: number;
  readonly #partial = new PendingBytes();
  #over = false;

  /** `onTooLong` is called once; nothing is read after it, since where the next message begins is no longer known. */
  constructor(onLine: (line: Buffer) => void, onTooLong: () => void, maxBytes: number = LIMITS.bodyBytes) {
    this.#onLine = onLine;
    this.#onTooLong = onTooLong;
    this.#maxBytes = maxBytes;
  }

  push(chunk: Buffer): void {
    let start = 0;
    while (!this.#over) {
      const end = chunk.indexOf(LF, start);
      if (!this.#fits((end === -1 ? chunk.length : end) - start)) return;
      if (end === -1) break;
      this.#emit(chunk.subarray(start, end));
      start = end + 1;
    }
    if (this.#over || start === chunk.length) return;
    this.#partial.append(chunk.subarray(start));
  }

  /** What stood after the last line end when the stream ended: no message, since it may be cut off. */
  get pendingBytes(): number {
    return this.#partial.length;
  }

  // One byte more than the message: the CR of a CRLF is not part of it.
  #fits(more: number): boolean {
    if (this.#partial.length + more <= this.#maxBytes + 1) return true;
    this.#over = true;
    this.#partial.clear();
    this.#onTooLong();
    return false;
  }

  #emit(tail: Buffer): void {
    const joined = this.#partial.take(tail);
    const line = joined.at(-1) === CR ? joined.subarray(0, -1) : joined;
    if (line.length > this.#maxBytes) this.#fits(Number.POSITIVE_INFINITY);
    else if (line.length > 0) this.#onLine(line);
  }
}

export interface StdioListener {
  /** One line that begins like a JSON message. The bytes are only valid during the call. */
  onMessage(bytes: Buffer): void;
  /** A line that is no message, such as a banner on stdout: reported, never fatal here. Cut to 200 bytes. */
  onGarbage(start: string): void;
  /** A line beyond the limit: nothing more is read. */
  onTooLong(): void;
  onEnd(pendingBytes: number): void;
}

const GARBAGE_BYTES = 200;

/** Messages over a pair of streams, one a line (MCP stdio transport). Whoever owns the streams closes them; `close` only lets go of them. */
export class StdioFraming {
  readonly #input: Readable;
  readonly #output: Writable;
  readonly #lines: LineReader;
  readonly #onData = (chunk: Buffer): void => this.#lines.push(chunk);
  readonly #onEnd: () => void;

  constructor(input: Readable, output: Writable, listener: StdioListener, maxBytes: number = LIMITS.bodyBytes) {
    this.#input = input;
    this.#output = output;
    this.#lines = new LineReader(
      (line) => receiveLine(line, listener),
      () => listener.onTooLong(),
      maxBytes,
    );
    this.#onEnd = () => listener.onEnd(this.#lines.pendingBytes);
    input.on('data', this.#onData);
    input.once('end', this.#onEnd);
  }

  /**
   * Sends one message. `text` is JSON on one line; with a line break it would be two messages, so it is not sent: false. Resolves when the
   * stream has room again, so that a caller that waits cannot fill memory; false too when the stream is closed.
   */
  async send(text: string): Promise<boolean> {
    const output = this.#output;
    if (/[\r\n]/.test(text) || !output.writable) return false;
    if (output.write(`${text}\n`)) return true;
    return new Promise((resolve) => {
      const settle = (sent: boolean) => {
        output.off('drain', onDrain);
        output.off('close', onClose);
        resolve(sent);
      };
      const onDrain = () => settle(true);
      const onClose = () => settle(false);
      output.on('drain', onDrain);
      output.on('close', onClose);
    });
  }

  close(): void {
    this.#input.off('data', this.#onData);
    this.#input.off('end', this.#onEnd);
  }
}

function receiveLine(line: Buffer, listener: StdioListener): void {
  const first = line.find((byte) => byte !== 0x20 && byte !== 0x09);
  if (first === BRACE || first === BRACKET) listener.onMessage(line);
  else listener.onGarbage(line.toString('utf8', 0, GARBAGE_BYTES));
}
