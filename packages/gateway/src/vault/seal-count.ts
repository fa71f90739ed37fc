import { sha256Hex } from '../base/bytes.ts';
import { failure, type Result, success } from '../base/result.ts';
import type { VaultReason } from '../contracts/reasons/vault.ts';
import type { KeyPurpose } from '../contracts/vault.ts';
import { PURPOSES } from './key-file.ts';
import { createPrivate, readPrivate, replacePrivate } from './private-file.ts';

// With random 96-bit nonces, SP 800-38D section 8.3 bounds a key to 2^32 uses for a collision chance of 2^-32. We stop at 2^30. The count is
// kept in blocks that are reserved on disk before the first use of the block, so a crash costs at most one block and never forgets a use.

export const MOST_SEALS = 2 ** 30;
export const SEAL_BLOCK = 2 ** 16;
/** Where the count is lost, half of what a key may do counts as done. */
export const AFTER_LOSS = MOST_SEALS / 2;
const FILE_BYTES = 512;

type Counts = Record<KeyPurpose, number>;

export interface SealCountDeps {
  /** The path of the count file. */
  readonly file: string;
  readonly draftName: () => string;
}

/** Counts the uses of each sealing key. Owns a file and is closed with the vault, which gives back what was reserved and not used. */
export class SealCount {
  readonly #deps: SealCountDeps;
  readonly #reserved: Counts;
  readonly #used: Counts;

  private constructor(deps: SealCountDeps, counts: Counts) {
    this.#deps = deps;
    this.#used = { ...counts };
    this.#reserved = { ...counts };
  }

  /** @param start what a missing file counts as: 0 with new keys, `AFTER_LOSS` with old ones. */
  static open(deps: SealCountDeps, start: number): Result<SealCount, VaultReason> {
    const read = readPrivate(deps.file, FILE_BYTES);
    if (!read.ok && read.reason === 'vault.key_file_missing') return SealCount.#start(deps, start);
    if (!read.ok) return read;
    const counts = decode(read.value.toString('latin1'));
    if (counts !== null) return success(new SealCount(deps, counts));
    const detail = `${deps.file} is damaged. It counts how often each key was used; move it away, and half of what a key may do will count as done.`;
    return failure('vault.key_file_damaged', detail);
  }

  static #start(deps: SealCountDeps, start: number): Result<SealCount, VaultReason> {
    const counts = startAt(start);
    const written = createPrivate(deps.file, deps.draftName(), encode(counts));
    return written.ok ? success(new SealCount(deps, counts)) : written;
  }

  /** Takes one use. Throws where none is left or the reservation cannot be written: a seal without a count must not happen. */
  take(purpose: KeyPurpose): void {
    if (this.#used[purpose] >= MOST_SEALS) throw new Error(`the ${purpose} key has sealed ${MOST_SEALS} times and must be rotated`);
    if (this.#used[purpose] >= this.#reserved[purpose]) this.#reserve(purpose);
    this.#used[purpose] += 1;
  }

  close(): void {
    if (PURPOSES.every((purpose) => this.#used[purpose] === this.#reserved[purpose])) return;
    // A failure only leaves the larger count on disk.
    replacePrivate(this.#deps.file, this.#deps.draftName(), encode(this.#used));
  }

  #reserve(purpose: KeyPurpose): void {
    const next = Math.min(this.#used[purpose] + SEAL_BLOCK, MOST_SEALS);
    const written = replacePrivate(this.#deps.file, this.#deps.draftName(), encode({ ...this.#reserved, [purpose]: next }));
    if (!written.ok) throw new Error(`the use of the ${purpose} key cannot be counted: ${written.detail}`);
    this.#reserved[purpose] = next;
  }
}

const startAt = (count: number): Counts => ({ state: count, audit: count, pepper: count, handles: count });

function encode(counts: Counts): Buffer {
  const body = `sallyport seal count v1\n${PURPOSES.map((purpose) => `${purpose} ${counts[purpose]}\n`).join('')}`;
  return Buffer.from(`${body}sum ${sha256Hex(body)}\n`);
}

function decode(text: string): Counts | null {
  const found = /^sallyport seal count v1\nstate (\d{1,10})\naudit (\d{1,10})\npepper (\d{1,10})\nhandles (\d{1,10})\n/.exec(text);
  if (found === null || text !== `${found[0]}sum ${sha256Hex(found[0])}\n`) return null;
  const [state, audit, pepper, handles] = found.slice(1).map(Number);
  return { state: state ?? 0, audit: audit ?? 0, pepper: pepper ?? 0, handles: handles ?? 0 };
}
