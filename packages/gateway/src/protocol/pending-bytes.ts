const FIRST_BYTES = 4096;

/**
 * Bytes that wait for the rest of their line. One buffer that doubles, not a list of chunks: a peer that sends 10 MB a byte at a time
 * would make ten million objects of them.
 */
export class PendingBytes {
  #bytes: Buffer = Buffer.alloc(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  append(chunk: Buffer): void {
    const needed = this.#length + chunk.length;
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(FIRST_BYTES, needed, this.#bytes.length * 2));
      this.#bytes.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
    }
    chunk.copy(this.#bytes, this.#length);
    this.#length = needed;
  }

  /** What waited, followed by `tail`; the tail itself where nothing waited. Nothing waits afterwards, and the result is the caller's. */
  take(tail: Buffer): Buffer {
    if (this.#length === 0) return tail;
    this.append(tail);
    const whole = this.#bytes.subarray(0, this.#length);
    this.clear();
    return whole;
  }

  clear(): void {
    this.#bytes = Buffer.alloc(0);
    this.#length = 0;
  }
}
