import type { Clock } from '../base/clock.ts';
import type { TenantId } from '../base/ids.ts';
import { type Failure, failure, type Result, success } from '../base/result.ts';
import type { Receipt } from '../contracts/journal.ts';
import type { Backlog, JournalMeter } from '../contracts/meter.ts';
import type { AuditReason } from '../contracts/reasons/audit.ts';
import { Batch, type SealedRecord } from './batch.ts';
import { FLAG, HEADER_BYTES, paddedBytes, sealBatch } from './batch-header.ts';
import type { JournalSettings } from './config.ts';
import { frameBound } from './frame.ts';
import { SECTOR } from './segment.ts';
import { FIRST_BATCH, type Segments } from './segments.ts';

/** Where a log goes on. */
export interface LogPosition {
  readonly epoch: number;
  readonly sequence: number;
  readonly index: number;
  readonly previousCrc: number;
  /** Byte in the current segment. */
  readonly offset: number;
}

/** Of the whole journal: the first failed write ends it, because the kernel may have dropped what it could not write (trust.md 1.2). */
export interface Health {
  poisoned: string | null;
}

export interface LogWriterDeps {
  readonly log: TenantId;
  readonly settings: JournalSettings;
  readonly segments: Segments;
  readonly health: Health;
  readonly position: LogPosition;
  readonly clock: Clock;
  readonly meter: JournalMeter | null;
}

/** What is durable: readers go up to here and no further. */
export interface DurableEnd {
  readonly segment: number;
  readonly offset: number;
  readonly index: number;
}

const FIRST_BUFFER_BYTES = 64 * 1024;
const KEPT_BUFFER_BYTES = 1024 * 1024;
const RETRY_MS = 1000;
const PROBE_AFTER_MS = 5000;

/** Bytes of a new segment that batches can have: all but its header and the mark at its end. */
const roomIn = (settings: JournalSettings): number => settings.segmentBytes - 2 * SECTOR;

/** The one writer of a log. One write is in flight; what arrives meanwhile becomes the next batch (DESIGN section 8, "commit"). */
export class LogWriter {
  readonly #deps: LogWriterDeps;
  readonly #full: Batch[] = [];
  readonly #openIntents = new Set<number>();
  readonly #followers = new Set<() => void>();
  #batch: Batch = new Batch(Buffer.alloc(FIRST_BUFFER_BYTES));
  #spare: Batch | null = null;
  #position: LogPosition;
  #flags = 0;
  #writing = false;
  #turning = false;
  #turns = 0;
  #seen = 0;
  #waitingRecords = 0;
  #waitingBytes = 0;
  #outOfRoom = false;
  #durableAt = Number.NEGATIVE_INFINITY;
  #retry: NodeJS.Timeout | null = null;
  #closed = false;
  #idle: (() => void)[] = [];

  constructor(deps: LogWriterDeps, openIntents: Iterable<number>) {
    this.#deps = deps;
    this.#position = deps.position;
    for (const index of openIntents) this.#openIntents.add(index);
  }

  /** Why nothing can be recorded now; null where it can. */
  get problem(): AuditReason | null {
    if (this.#deps.health.poisoned !== null) return 'audit.journal_poisoned';
    return this.#closed || this.#outOfRoom ? 'audit.journal_unavailable' : null;
  }

  /** Writes a batch without records where nothing became durable for `PROBE_AFTER_MS`: `problem` is true afterwards, and not what it was long ago. */
  async probe(): Promise<void> {
    if (this.problem !== null || this.#deps.clock.monotonic() - this.#durableAt < PROBE_AFTER_MS) return;
    if (this.#writing || this.#turning || this.#waitingRecords > 0) return this.flush();
    // A segment begins with a record: by that it is known to be in use. Where this one is full, what counts is whether there is a next.
    if (!this.#fits(SECTOR)) {
      await this.#deps.segments.prepare();
      if (!this.#deps.segments.prepared) this.#waitForRoom();
      return;
    }
    this.#writing = true;
    await this.#commit(new Batch(Buffer.alloc(SECTOR)));
  }

  get end(): DurableEnd {
    const segment = this.#deps.segments.current?.entry.number ?? this.#deps.segments.entries.at(-1)?.number ?? 0;
    return { segment, offset: this.#position.offset, index: this.#position.index };
  }

  get backlog(): Backlog {
    return { records: this.#waitingRecords, bytes: this.#waitingBytes };
  }

  get epoch(): number {
    return this.#position.epoch;
  }

  /** Marks the batches that recovery writes. */
  set recovering(on: boolean) {
    this.#flags = on ? FLAG.recovery : 0;
  }

  /** Calls back once, after the next batch became durable, the journal failed or was closed. Returns the way to forget it. */
  onChange(callback: () => void): () => void {
    this.#followers.add(callback);
    return () => this.#followers.delete(callback);
  }

  get closed(): boolean {
    return this.#closed;
  }

  append(record: SealedRecord): Promise<Result<Receipt, AuditReason>> {
    const refused = this.#refuse(record);
    if (refused !== null) {
      this.#deps.meter?.failed(1, refused.reason);
      return Promise.resolve(refused);
    }
    return new Promise((settle) => {
      this.#waitingRecords++;
      this.#closeBatchBefore(record);
      const before = this.#batch.bytes;
      this.#batch.add(record, settle);
      this.#waitingBytes += this.#batch.bytes - before;
      this.#schedule();
    });
  }

  /** Resolves when nothing waits any more. */
  flush(): Promise<void> {
    if (!this.#writing && !this.#turning && this.#waitingRecords === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.flush();
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#notify();
    await this.#deps.segments.close();
  }

  #refuse(record: SealedRecord): Failure<AuditReason> | null {
    const { settings, health } = this.#deps;
    if (health.poisoned !== null) return failure('audit.journal_poisoned', health.poisoned);
    if (this.#closed) return failure('audit.journal_unavailable', 'the journal is closed');
    if (this.#outOfRoom) return failure('audit.journal_unavailable', this.#deps.segments.problem);
    const bytes = frameBound(record.text, record.envelope);
    if (paddedBytes(bytes + HEADER_BYTES) > roomIn(settings)) return failure('audit.record_too_large');
    const full = this.#waitingRecords >= settings.backlogRecords || this.#waitingBytes + bytes > settings.backlogBytes;
    return full ? failure('audit.backlog_full') : null;
  }

  // A batch fits into one segment. One that has its size waits, closed, behind those before it.
  #closeBatchBefore(record: SealedRecord): void {
    const { settings } = this.#deps;
    const count = this.#batch.waiting.length;
    const bytes = paddedBytes(this.#batch.bytes + frameBound(record.text, record.envelope));
    if (count === 0 || (count < settings.batchRecords && bytes <= Math.min(settings.batchBytes, roomIn(settings)))) return;
    this.#full.push(this.#batch);
    this.#batch = this.#emptyBatch();
  }

  #emptyBatch(): Batch {
    const batch = this.#spare ?? new Batch(Buffer.alloc(FIRST_BUFFER_BYTES));
    this.#spare = null;
    return batch;
  }

  #schedule(): void {
    if (this.#writing || this.#turning) return;
    if (this.#full.length > 0) this.#commitNext();
    else if (this.#batch.waiting.length === 0) this.#settleIdle();
    else this.#waitOneTurn();
  }

  #waitOneTurn(): void {
    this.#turning = true;
    this.#turns = 0;
    this.#seen = 0;
    setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    const count = this.#batch.waiting.length;
    const more = count !== this.#seen && this.#turns < this.#deps.settings.batchTurns && this.#full.length === 0;
    this.#seen = count;
    this.#turns++;
    if (more) {
      setImmediate(this.#turn);
      return;
    }
    this.#turning = false;
    this.#commitNext();
  };

  #commitNext(): void {
    if (this.#writing) return;
    const batch = this.#full.shift() ?? this.#batch;
    if (batch === this.#batch) this.#batch = this.#emptyBatch();
    this.#writing = true;
    // Rejects never: every failure settles the batch.
    void this.#commit(batch);
  }

  async #commit(batch: Batch): Promise<void> {
    const began = this.#deps.clock.monotonic();
    const settled = await this.#write(batch);
    if (settled.ok) this.#durableAt = this.#deps.clock.monotonic();
    if (settled.ok) this.#deps.meter?.committed(batch.waiting.length, batch.bytes, this.#deps.clock.monotonic() - began);
    else this.#deps.meter?.failed(batch.waiting.length, settled.reason);
    this.#settle(batch, settled);
    this.#writing = false;
    this.#notify();
    this.#schedule();
  }

  // The index at which the batch stands, once it is durable.
  async #write(batch: Batch): Promise<Result<number, AuditReason>> {
    try {
      if (this.#deps.health.poisoned !== null) return failure('audit.journal_poisoned', this.#deps.health.poisoned);
      if (!(await this.#makeRoom(paddedBytes(batch.bytes)))) return failure('audit.journal_unavailable', this.#deps.segments.problem);
      const index = this.#position.index;
      await this.#writeBatch(batch, this.#flags);
      this.#prepareEarly();
      return success(index);
    } catch (error) {
      this.#deps.health.poisoned ??= String(error);
      return failure('audit.journal_poisoned', this.#deps.health.poisoned);
    }
  }

  async #writeBatch(batch: Batch, flags: number): Promise<void> {
    const current = this.#deps.segments.current;
    if (current === null) throw new Error('no open segment');
    const { epoch, sequence, index, previousCrc, offset } = this.#position;
    const count = batch.waiting.length;
    const oldestOpen = this.#openIntents.values().next().value ?? index;
    const header = { flags, bytes: batch.bytes, count, segment: current.entry.number, epoch, sequence, firstIndex: index, ...batch.times };
    const crc = sealBatch(batch.buffer, { ...header, oldestOpen, previousCrc });
    const length = paddedBytes(batch.bytes);
    const written = await current.file.writeDurably(batch.buffer.subarray(0, length), offset);
    // A short write is a failed one: what follows it on the disk is unknown.
    if (written !== length) throw new Error(`only ${written} of ${length} bytes were written`);
    current.entry.firstIndex ??= index;
    this.#position = { epoch, sequence: sequence + 1, index: index + count, previousCrc: crc, offset: offset + length };
  }

  #fits(bytes: number): boolean {
    const current = this.#deps.segments.current;
    return current !== null && this.#position.offset + bytes + SECTOR <= current.entry.size;
  }

  // One sector stays free in each segment for the mark that another one follows: without it, a lost last segment would go unnoticed.
  async #makeRoom(bytes: number): Promise<boolean> {
    const { segments } = this.#deps;
    if (this.#fits(bytes)) return true;
    const current = segments.current;
    await segments.prepare();
    if (!segments.prepared) return this.#waitForRoom();
    if (current !== null) await this.#writeBatch(new Batch(Buffer.alloc(SECTOR)), FLAG.end);
    await segments.advance();
    this.#position = { ...this.#position, offset: FIRST_BATCH };
    // A segment that an earlier setting prepared may be smaller than the batch.
    return this.#makeRoom(bytes);
  }

  // A full disk poisons nothing, because nothing was written into the log: it goes on once a segment can be made.
  #waitForRoom(): false {
    this.#outOfRoom = true;
    this.#retry ??= setTimeout(() => void this.#tryAgain(), RETRY_MS).unref();
    return false;
  }

  async #tryAgain(): Promise<void> {
    this.#retry = null;
    if (this.#closed) return;
    await this.#deps.segments.prepare();
    if (this.#deps.segments.prepared) this.#outOfRoom = false;
    else this.#waitForRoom();
  }

  #prepareEarly(): void {
    const { segments } = this.#deps;
    const size = segments.current?.entry.size ?? 0;
    if (!segments.prepared && this.#position.offset > size / 2) void segments.prepare();
  }

  #settle(batch: Batch, written: Result<number, AuditReason>): void {
    this.#waitingRecords -= batch.waiting.length;
    this.#waitingBytes -= batch.bytes - HEADER_BYTES;
    if (written.ok) this.#acknowledge(batch, written.value);
    else for (const waiting of batch.waiting) waiting.settle(written);
    if (batch.buffer.length > KEPT_BUFFER_BYTES) return;
    batch.reset();
    this.#spare ??= batch;
  }

  #acknowledge(batch: Batch, first: number): void {
    const { log } = this.#deps;
    let index = first;
    for (const { kind, intent, leaf, settle } of batch.waiting) {
      if (kind === 'intent') this.#openIntents.add(index);
      else if (kind === 'outcome' && intent !== undefined) this.#openIntents.delete(intent);
      settle(success({ log, epoch: this.#position.epoch, index, leaf }));
      index++;
    }
  }

  #notify(): void {
    const callbacks = [...this.#followers];
    this.#followers.clear();
    for (const callback of callbacks) callback();
  }

  #settleIdle(): void {
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }
}
