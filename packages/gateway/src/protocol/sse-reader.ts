import { LIMITS } from '../base/limits.ts';
import { PendingBytes } from './pending-bytes.ts';

/** What stood beside the data of an event. */
export interface EventFields {
  readonly event: string | null;
  readonly id: string | null;
}

export interface SseOptions {
  /** Bound of one event's data, and of one line. */
  readonly maxEventBytes: number;
  /** Bound of the whole stream; absent for streams that stay open. */
  readonly maxTotalBytes?: number;
  /** Milliseconds that the server asks to wait before the stream is opened again. */
  readonly onRetry?: (retryMs: number) => void;
}

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const COLON = 0x3a;
const PREFIX = Buffer.from('data: ');
const NAMED_PREFIX = Buffer.from('event: message\ndata: ');
const NEW_LINE = Buffer.from('\n');
const FIELD_BYTES = 1024;
const NO_FIELDS: EventFields = { event: null, id: null };
/** Lines of an event that carry data: each costs memory beyond its bytes. */
const MAX_DATA_LINES = 100_000;

/**
 * Reads a `text/event-stream` as it arrives, in bytes: data reaches the strict parser undecoded, so that bad UTF-8 is refused there and not
 * replaced here. A chunk that is exactly one event, which is what servers of MCP send, is handed on as a slice.
 */
export class SseReader {
  readonly #onEvent: (data: Buffer, fields: EventFields) => void;
  readonly #options: SseOptions;
  readonly #partial = new PendingBytes();
  #data: Buffer[] = [];
  #dataBytes = 0;
  #event: string | null = null;
  #id: string | null = null;
  #total = 0;
  #started = false;
  #afterCr = false;
  #over = false;

  constructor(onEvent: (data: Buffer, fields: EventFields) => void, options: SseOptions = { maxEventBytes: LIMITS.bodyBytes }) {
    this.#onEvent = onEvent;
    this.#options = options;
  }

  /** Takes the next bytes. False once a limit is passed: nothing more is read, and the stream should be cut. */
  push(chunk: Buffer): boolean {
    if (this.#over || chunk.length === 0) return !this.#over;
    this.#total += chunk.length;
    if (this.#total > (this.#options.maxTotalBytes ?? Number.POSITIVE_INFINITY)) return this.#stop();
    const whole = this.#isAtStart() ? wholeEvent(chunk) : null;
    if (whole !== null && whole.length <= this.#options.maxEventBytes) {
      this.#started = true;
      this.#onEvent(whole, this.#id === null ? NO_FIELDS : { event: null, id: this.#id });
      return true;
    }
    return this.#readLines(chunk);
  }

  #isAtStart(): boolean {
    return this.#partial.length === 0 && this.#data.length === 0 && this.#event === null && !this.#afterCr;
  }

  #readLines(chunk: Buffer): boolean {
    let start = 0;
    let nextLf = chunk.indexOf(LF);
    let nextCr = chunk.indexOf(CR);
    if (this.#afterCr && chunk[0] === LF) start = 1;
    this.#afterCr = false;
    for (;;) {
      if (nextLf !== -1 && nextLf < start) nextLf = chunk.indexOf(LF, start);
      if (nextCr !== -1 && nextCr < start) nextCr = chunk.indexOf(CR, start);
      const end = earlier(nextLf, nextCr);
      if (end === -1) return this.#keep(chunk.subarray(start));
      if (!this.#endLine(chunk.subarray(start, end))) return false;
      start = end + 1;
      if (end !== nextCr) continue;
      if (start === chunk.length) this.#afterCr = true;
      else if (chunk[start] === LF) start++;
    }
  }

  #keep(rest: Buffer): boolean {
    if (rest.length === 0) return true;
    if (this.#partial.length + rest.length > this.#options.maxEventBytes + FIELD_BYTES) return this.#stop();
    this.#partial.append(rest);
    return true;
  }

  #endLine(tail: Buffer): boolean {
    const line = this.#partial.take(tail);
    const first = !this.#started;
    this.#started = true;
    return this.#readLine(first && line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf ? line.subarray(3) : line);
  }

  #readLine(line: Buffer): boolean {
    if (line.length === 0) return this.#dispatch();
    const colon = line.indexOf(COLON);
    if (colon === 0) return true;
    const name = line.toString('latin1', 0, colon === -1 ? Math.min(line.length, 8) : Math.min(colon, 8));
    const start = colon === -1 ? line.length : colon + (line[colon + 1] === SPACE ? 2 : 1);
    return this.#readField(name, line.subarray(start));
  }

  #readField(name: string, value: Buffer): boolean {
    if (name === 'data') return this.#addData(value);
    if (name !== 'event' && name !== 'id' && name !== 'retry') return true;
    if (value.length > FIELD_BYTES) return this.#stop();
    const text = value.toString('utf8');
    if (name === 'event') this.#event = text === '' ? null : text;
    else if (name === 'id' && !text.includes('\0')) this.#id = text;
    else if (name === 'retry' && /^\d{1,9}$/.test(text)) this.#options.onRetry?.(Number(text));
    return true;
  }

  #addData(value: Buffer): boolean {
    this.#dataBytes += value.length + 1;
    if (this.#dataBytes > this.#options.maxEventBytes + 1 || this.#data.length >= MAX_DATA_LINES) return this.#stop();
    this.#data.push(Buffer.from(value));
    return true;
  }

  #dispatch(): boolean {
    const { length } = this.#data;
    const [first] = this.#data;
    if (first !== undefined) {
      const data = length === 1 ? first : Buffer.concat(this.#data.flatMap((line, i) => (i === 0 ? [line] : [NEW_LINE, line])));
      this.#onEvent(data, { event: this.#event, id: this.#id });
    }
    this.#data = [];
    this.#dataBytes = 0;
    this.#event = null;
    return !this.#over;
  }

  #stop(): false {
    this.#over = true;
    this.#partial.clear();
    this.#data = [];
    return false;
  }
}

const earlier = (a: number, b: number): number => (a === -1 ? b : b === -1 ? a : Math.min(a, b));

/** The data of a chunk that is exactly one event of one data line, else null. */
function wholeEvent(chunk: Buffer): Buffer | null {
  const end = chunk.length - 2;
  if (chunk[end] !== LF || chunk[end + 1] !== LF || end < PREFIX.length) return null;
  const start = startsWith(chunk, PREFIX) ? PREFIX.length : startsWith(chunk, NAMED_PREFIX) ? NAMED_PREFIX.length : 0;
  if (start === 0 || start > end || chunk.indexOf(LF, start) !== end || chunk.includes(CR)) return null;
  return chunk.subarray(start, end);
}

const startsWith = (chunk: Buffer, prefix: Buffer): boolean =>
  chunk.length >= prefix.length && chunk.compare(prefix, 0, prefix.length, 0, prefix.length) === 0;
