import type { Clock } from '../base/clock.ts';
import { createSegment } from './create-segment.ts';
import type { JournalFile, JournalFiles } from './journal-files.ts';
import { SECTOR } from './segment.ts';

/** A segment as readers need it. */
export interface SegmentEntry {
  readonly number: number;
  readonly size: number;
  /** Index of its first record, or null while it holds none. */
  firstIndex: number | null;
}

export interface SegmentsDeps {
  readonly files: JournalFiles;
  readonly clock: Clock;
  readonly directory: string;
  readonly tenant: string;
  readonly segmentBytes: number;
}

interface Ready {
  readonly entry: SegmentEntry;
  readonly file: JournalFile;
}

const RETRY_MS = 1000;

/** The segments of one log: those there are, the open one, and the next one, which is made before it is needed. */
export class Segments {
  readonly #deps: SegmentsDeps;
  readonly #entries: SegmentEntry[];
  #current: Ready | null;
  #next: Ready | null = null;
  #making: Promise<void> | null = null;
  #retryAt = Number.NEGATIVE_INFINITY;
  #problem = '';

  constructor(deps: SegmentsDeps, entries: readonly SegmentEntry[], current: Ready | null, next: Ready | null) {
    this.#deps = deps;
    this.#entries = [...entries];
    this.#current = current;
    this.#next = next;
  }

  get entries(): readonly SegmentEntry[] {
    return this.#entries;
  }

  get current(): Ready | null {
    return this.#current;
  }

  /** Why there is no next segment. */
  get problem(): string {
    return this.#problem;
  }

  /** Makes the next segment, unless there is one or the last attempt failed within a second. Resolves when there is nothing more to try now. */
  prepare(): Promise<void> {
    if (this.#next !== null) return Promise.resolve();
    this.#making ??= this.#make().finally(() => {
      this.#making = null;
    });
    return this.#making;
  }

  get prepared(): boolean {
    return this.#next !== null;
  }

  /** Goes over to the prepared segment; the caller has closed the one before. */
  async advance(): Promise<void> {
    const next = this.#next;
    if (next === null) throw new Error('no prepared segment');
    const before = this.#current;
    this.#entries.push(next.entry);
    this.#current = next;
    this.#next = null;
    await before?.file.close();
  }

  async close(): Promise<void> {
    await this.#making;
    await this.#current?.file.close();
    await this.#next?.file.close();
    this.#current = null;
    this.#next = null;
  }

  async #make(): Promise<void> {
    const { files, clock, directory, tenant, segmentBytes } = this.#deps;
    if (clock.monotonic() < this.#retryAt) return;
    const number = (this.#current?.entry.number ?? 0) + 1;
    try {
      const file = await createSegment(files, directory, { number, size: segmentBytes, tenant });
      this.#next = { entry: { number, size: segmentBytes, firstIndex: null }, file };
    } catch (error) {
      this.#problem = String(error);
      this.#retryAt = clock.monotonic() + RETRY_MS;
    }
  }
}

/** Where the first batch of a segment stands. */
export const FIRST_BATCH: number = SECTOR;
