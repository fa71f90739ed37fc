import { NONCE_BYTES } from './aes-gcm.ts';

/** A call of the CSPRNG costs the same for 12 bytes as for this many: 64 nonces. */
const BLOCK_BYTES = 64 * NONCE_BYTES;

/**
 * Random nonces, drawn in blocks. Each byte is given out once and overwritten at once, so that no mistake in here could give one again: a nonce
 * used twice with one GCM key would reveal its authentication key (SP 800-38D, appendix A). One pool serves one sealing key.
 */
export class NoncePool {
  readonly #random: (length: number) => Buffer;
  #block: Buffer = Buffer.alloc(0);
  #next = 0;

  constructor(random: (length: number) => Buffer) {
    this.#random = random;
  }

  /** Writes the next nonce into `target`, at `at`. Throws where the source gives less than it was asked for. */
  takeInto(target: Buffer, at: number): void {
    if (this.#next === this.#block.length) this.#refill();
    const start = this.#next;
    this.#next += NONCE_BYTES;
    this.#block.copy(target, at, start, this.#next);
    this.#block.fill(0, start, this.#next);
  }

  #refill(): void {
    const block = this.#random(BLOCK_BYTES);
    if (block.length !== BLOCK_BYTES) throw new Error(`the source of randomness gave ${block.length} bytes of ${BLOCK_BYTES}`);
    this.#block = block;
    this.#next = 0;
  }
}
