import { LIMITS } from '../../base/limits.ts';
import type { LargeReader } from '../../protocol/index.ts';
import { type Read, readLargeMessage, readMessage } from './read-message.ts';

/**
 * Reads the messages of one stream in the order in which they came: small ones at once, those over `LIMITS.largeBytes` in a thread while what follows
 * waits. The caller stops the stream while something waits, so that a server cannot fill memory meanwhile.
 */
export class MessageReader {
  readonly #large: LargeReader;
  readonly #take: (read: Read, bytes: Uint8Array) => void;
  readonly #batches: () => boolean;
  #waiting: (Uint8Array | (() => void))[] = [];
  #reading = false;

  /**
   * @param take is told each message; it must not throw.
   * @param batches whether several may come as one: see `readMessage`.
   */
  constructor(large: LargeReader, take: (read: Read, bytes: Uint8Array) => void, batches: () => boolean = () => false) {
    this.#large = large;
    this.#take = take;
    this.#batches = batches;
  }

  get waiting(): boolean {
    return this.#reading;
  }

  read(bytes: Uint8Array): void {
    // What waits outlives the buffer that it came in.
    if (this.#reading) this.#waiting.push(Buffer.from(bytes));
    else this.#next(bytes);
  }

  /** Runs once everything that came before has been taken; at once where nothing waits. */
  whenRead(then: () => void): void {
    if (this.#reading) this.#waiting.push(then);
    else then();
  }

  #next(bytes: Uint8Array): void {
    if (bytes.length <= LIMITS.largeBytes) {
      this.#take(readMessage(bytes, this.#batches()), bytes);
      return;
    }
    this.#reading = true;
    void readLargeMessage(bytes, this.#large, this.#batches()).then((read) => {
      this.#reading = false;
      this.#take(read, bytes);
      this.#goOn();
    });
  }

  #goOn(): void {
    while (!this.#reading) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      if (typeof next === 'function') next();
      else this.#next(next);
    }
  }
}
