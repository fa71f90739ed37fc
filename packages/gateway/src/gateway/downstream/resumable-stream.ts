import type { KeyId } from '../../base/ids.ts';
import type { ClientStream, Connection } from './stream.ts';

/** One event that may have to be told again. */
interface Kept {
  readonly seq: number;
  readonly text: string;
  readonly bytes: number;
}

/** What a stream tells its shelf, which bounds what all streams keep. */
export interface ShelfPort {
  /** Bytes were kept, or given back where negative. */
  grew(stream: ResumableStream, bytes: number): void;
  completed(stream: ResumableStream): void;
  forgotten(stream: ResumableStream): void;
}

export interface ResumableOptions {
  /** Names the stream in its event ids: `NAME.NUMBER`. */
  readonly name: string;
  /** The key whose request opened it. Only requests with this key take it up again, and it ends with the key. */
  readonly opener: KeyId;
  /** Whether the client's revision knows an event without data, which gives it an id before there is anything to say (MCP 2025-11-25). */
  readonly primes: boolean;
  readonly mostEvents: number;
  readonly shelf: ShelfPort;
}

/** Milliseconds after which a client is asked to come back. */
const RETRY_MS = 1000;

/**
 * A stream of a stateful session that outlives its connections (MCP 2025-11-25, transports, "Resumability and Redelivery"). Its events are kept
 * within bounds until it is forgotten, and a client that names the last one it has read is told the rest, of this stream alone.
 */
export class ResumableStream implements ClientStream {
  readonly name: string;
  readonly opener: KeyId;
  readonly #options: ResumableOptions;
  #kept: Kept[] = [];
  /** Number of the last event, and of the last that was written to the connection. */
  #last = 0;
  #written = 0;
  #connection: Connection | null = null;
  #complete = false;
  #forgotten = false;

  constructor(options: ResumableOptions) {
    this.name = options.name;
    this.opener = options.opener;
    this.#options = options;
  }

  /** Nothing more is said on it. */
  get ended(): boolean {
    return this.#complete;
  }

  get attached(): boolean {
    return this.#connection !== null;
  }

  /** Keeps one message and tells it as soon as somebody reads. False once it is complete. */
  send(json: string): boolean {
    if (this.#complete) return false;
    this.#last += 1;
    const text = `id: ${this.name}.${this.#last}\nevent: message\ndata: ${json}\n\n`;
    const bytes = Buffer.byteLength(text);
    this.#kept.push({ seq: this.#last, text, bytes });
    if (this.#kept.length > this.#options.mostEvents) this.dropOldest();
    this.#pump();
    this.#options.shelf.grew(this, bytes);
    return true;
  }

  /** After the last message: the connection ends once all is written, and what was said can be asked for until the stream is forgotten. */
  end(): void {
    if (this.#complete) return;
    this.#complete = true;
    this.#pump();
    this.#options.shelf.completed(this);
  }

  /** The first connection, or, with the number of the last event that its client has read, another one in place of the one before. */
  attach(connection: Connection, after: number | null): void {
    if (this.#forgotten) {
      connection.end();
      return;
    }
    const before = this.#connection;
    this.#connection = connection;
    this.#written = after ?? 0;
    before?.end();
    connection.onRoom(() => {
      if (this.#connection === connection) this.#pump();
    });
    if (this.#options.primes && after === null) connection.write(this.#priming(RETRY_MS));
    else if (this.#options.primes) connection.write(`retry: ${RETRY_MS}\n\n`);
    this.#pump();
  }

  /** Its connection is gone; what is said from now on waits. */
  detached(connection: Connection): void {
    if (this.#connection === connection) this.#connection = null;
  }

  /** Lets the client go, which comes back for the rest after `retryMs` (MCP 2025-11-25: the server may close the connection). */
  park(retryMs: number): void {
    const connection = this.#connection;
    if (connection === null || !this.#options.primes || this.#complete) return;
    connection.write(`retry: ${retryMs}\n\n`);
    this.#connection = null;
    connection.end();
  }

  /** Whether a client may go on after this event: one that was told. */
  has(seq: number): boolean {
    return !this.#forgotten && seq <= this.#last;
  }

  /** Gives back the room of the oldest event. False where none is kept. */
  dropOldest(): boolean {
    const oldest = this.#kept.shift();
    if (oldest === undefined) return false;
    this.#options.shelf.grew(this, -oldest.bytes);
    // A reader so slow that what it waits for is dropped has to begin again.
    if (this.#connection !== null && oldest.seq > this.#written) this.#connection.cut();
    return true;
  }

  /** Ends it for good: nobody is told anything of it again. */
  forget(): void {
    if (this.#forgotten) return;
    this.#forgotten = true;
    this.#complete = true;
    const bytes = this.#kept.reduce((sum, event) => sum + event.bytes, 0);
    this.#kept = [];
    this.#options.shelf.grew(this, -bytes);
    this.#options.shelf.forgotten(this);
    const connection = this.#connection;
    this.#connection = null;
    connection?.end();
  }

  #priming(retryMs: number): string {
    return `id: ${this.name}.0\nretry: ${retryMs}\ndata: \n\n`;
  }

  #pump(): void {
    const connection = this.#connection;
    if (connection === null) return;
    for (const event of this.#kept) {
      if (event.seq <= this.#written) continue;
      if (connection.full) return;
      connection.write(event.text);
      this.#written = event.seq;
    }
    if (!this.#complete) return;
    this.#connection = null;
    connection.end();
  }
}
