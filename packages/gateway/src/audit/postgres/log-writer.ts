import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../../base/clock.ts';
import type { TenantId } from '../../base/ids.ts';
import { failure, type Result, success } from '../../base/result.ts';
import type { Receipt } from '../../contracts/journal.ts';
import type { Backlog, JournalMeter } from '../../contracts/meter.ts';
import type { AuditReason } from '../../contracts/reasons/audit.ts';
import type { Sealer } from '../../contracts/vault.ts';
import { type Connections, StorageError } from '../../storage/index.ts';
import type { JournalSettings } from '../config.ts';
import { frameBound } from '../frame.ts';
import { appendBatch, findOpen, insertionOf, type ReadyRecord } from './record-store.ts';
import { closings, endEpoch, readyRecord } from './take-log.ts';
import { readWriter } from './writer-store.ts';

export interface WriterDeps {
  readonly log: TenantId;
  readonly database: Connections;
  readonly clock: Clock;
  readonly sealer: Sealer;
  readonly settings: JournalSettings;
  readonly meter: JournalMeter | null;
  readonly report: (event: string, detail: string) => void;
  /** A new epoch of the log: after ours was ended by another gateway. */
  readonly reopen: () => Promise<Opening>;
}

export interface Opening {
  readonly epoch: number;
  /** Where the log went on after it was opened. */
  readonly index: number;
}

interface Waiting {
  readonly record: ReadyRecord;
  readonly bytes: number;
  readonly settle: (result: Result<Receipt, AuditReason>) => void;
}

/** Why nothing can be recorded now. */
interface Trouble {
  readonly reason: AuditReason;
  readonly detail: string;
}

const RETRY_MS = 100;
const RETRY_AT_MOST_MS = 1000;
const CLOSED_AT_ONCE = 256;

/**
 * The writer of this gateway in one log: one statement is in flight, what arrives meanwhile becomes the next batch. A batch that failed is refused to
 * all who waited for it, and so is everything else until it is certain what became of it: an empty batch under the same number either takes
 * its place, and then it can never land, or finds that it has landed.
 */
export class PostgresLogWriter {
  readonly #deps: WriterDeps;
  /** Intents of ours whose calls are under way. */
  #live = new Set<number>();
  /** Intents whose outcome could not be recorded: they are closed as unknown. */
  readonly #orphans = new Set<number>();
  /** Intents that another gateway closed. */
  readonly #foreclosed = new Set<number>();
  readonly #followers = new Set<() => void>();
  #queue: Waiting[] = [];
  #queuedBytes = 0;
  #inFlight = 0;
  #epoch: number;
  #sequence = 0;
  /** Nothing of ours that lies before it is open, when nothing is. */
  #seenIndex: number;
  #trouble: Trouble | null = null;
  #recovering: Promise<void> | null = null;
  #writing = false;
  #turning = false;
  #turns = 0;
  #seen = 0;
  #closed = false;
  #idle: (() => void)[] = [];

  constructor(deps: WriterDeps, { epoch, index }: Opening) {
    this.#deps = deps;
    this.#epoch = epoch;
    this.#seenIndex = index;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Why nothing can be recorded now; null where it can. */
  get problem(): AuditReason | null {
    return this.#closed ? 'audit.journal_unavailable' : (this.#trouble?.reason ?? null);
  }

  get closed(): boolean {
    return this.#closed;
  }

  get backlog(): Backlog {
    return { records: this.#queue.length + this.#inFlight, bytes: this.#queuedBytes };
  }

  /** Calls back once, after the next batch became durable, or the journal was closed. Returns the way to forget it. */
  onChange(callback: () => void): () => void {
    this.#followers.add(callback);
    return () => this.#followers.delete(callback);
  }

  append(record: ReadyRecord): Promise<Result<Receipt, AuditReason>> {
    const bytes = frameBound(record.text, record.envelope);
    const refused = this.#refuse(record, bytes);
    if (refused !== null) {
      this.#forsake(record);
      if (!refused.ok) this.#deps.meter?.failed(1, refused.reason);
      return Promise.resolve(refused);
    }
    return new Promise((settle) => {
      this.#queue.push({ record, bytes, settle });
      this.#queuedBytes += bytes;
      this.#schedule();
    });
  }

  /** Resolves when nothing waits any more. */
  flush(): Promise<void> {
    if (!this.#writing && !this.#turning && this.#queue.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.flush();
    this.#notify();
    await this.#recovering;
    const open = this.#live.size + this.#orphans.size > 0 || this.#trouble !== null;
    await endEpoch(this.#deps.database, this.#deps.log, this.#epoch, open).catch((error: unknown) =>
      this.#deps.report('audit.journal.left_open', `${this.#deps.log}: ${error}`),
    );
  }

  #refuse({ kind, intent }: ReadyRecord, bytes: number): Result<Receipt, AuditReason> | null {
    const { settings } = this.#deps;
    if (this.#trouble !== null) return failure(this.#trouble.reason, this.#trouble.detail);
    if (this.#closed) return failure('audit.journal_unavailable', 'the journal is closed');
    if (kind === 'outcome' && intent !== undefined && this.#foreclosed.delete(intent))
      return failure('audit.journal_unavailable', 'another gateway took this one for lost and closed its calls');
    if (bytes > settings.segmentBytes) return failure('audit.record_too_large');
    const full = this.#queue.length + this.#inFlight >= settings.backlogRecords || this.#queuedBytes + bytes > settings.backlogBytes;
    return full ? failure('audit.backlog_full') : null;
  }

  // Its caller will not come again: the intent is closed as soon as something can be recorded.
  #forsake({ kind, intent }: ReadyRecord): void {
    if (kind === 'outcome' && intent !== undefined && this.#live.delete(intent)) this.#orphans.add(intent);
  }

  #schedule(): void {
    if (this.#writing || this.#turning || this.#trouble !== null) return;
    if (this.#queue.length === 0) {
      this.#settleIdle();
      return;
    }
    this.#turning = true;
    this.#turns = 0;
    this.#seen = 0;
    setImmediate(this.#turn);
  }

  // A batch closes at the first turn of the event loop in which nothing new came (DESIGN section 8, "commit").
  readonly #turn = (): void => {
    const count = this.#queue.length;
    const { batchTurns, batchRecords } = this.#deps.settings;
    const more = count !== this.#seen && this.#turns < batchTurns && count < batchRecords;
    this.#seen = count;
    this.#turns++;
    if (more) {
      setImmediate(this.#turn);
      return;
    }
    this.#turning = false;
    this.#writing = true;
    // Rejects never: every failure settles the batch.
    void this.#commit(this.#takeBatch());
  };

  #takeBatch(): readonly Waiting[] {
    const { batchRecords, batchBytes } = this.#deps.settings;
    let [count, bytes] = [0, 0];
    for (const waiting of this.#queue) {
      if (count > 0 && (count >= batchRecords || bytes + waiting.bytes > batchBytes)) break;
      count++;
      bytes += waiting.bytes;
    }
    this.#queuedBytes -= bytes;
    return this.#queue.splice(0, count);
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    this.#inFlight = batch.length;
    const records = batch.map(({ record }) => record);
    const began = this.#deps.clock.monotonic();
    try {
      const insertion = insertionOf(records);
      const first = await this.#send(insertion);
      if (first === null) this.#fail(batch, { reason: 'audit.journal_unavailable', detail: 'another gateway took this log over' });
      else {
        this.#acknowledge(batch, first, insertion.leaves);
        const bytes = batch.reduce((sum, waiting) => sum + waiting.bytes, 0);
        this.#deps.meter?.committed(batch.length, bytes, this.#deps.clock.monotonic() - began);
      }
    } catch (error) {
      const certain = error instanceof StorageError && !error.uncertain;
      this.#fail(batch, { reason: certain ? 'audit.journal_unavailable' : 'audit.journal_poisoned', detail: String(error) });
    }
    this.#inFlight = 0;
    this.#writing = false;
    this.#notify();
    this.#closeOrphans();
    this.#schedule();
  }

  async #send(insertion: ReturnType<typeof insertionOf>): Promise<number | null> {
    const { database, log } = this.#deps;
    const place = { log, epoch: this.#epoch, sequence: this.#sequence + 1, oldestOpen: this.#oldestOpen() };
    const first = await appendBatch(database, place, insertion);
    if (first !== null) this.#sequence++;
    return first;
  }

  #oldestOpen(): number {
    let oldest = this.#seenIndex;
    for (const open of [this.#live, this.#orphans]) for (const index of open) oldest = Math.min(oldest, index);
    return oldest;
  }

  #acknowledge(batch: readonly Waiting[], first: number, leaves: readonly string[]): void {
    const { log } = this.#deps;
    for (const [i, { record, settle }] of batch.entries()) {
      const index = first + i;
      if (record.kind === 'intent') this.#live.add(index);
      else if (record.kind === 'outcome' && record.intent !== undefined) {
        this.#live.delete(record.intent);
        this.#orphans.delete(record.intent);
      }
      settle(success({ log, epoch: this.#epoch, index, leaf: leaves[i] ?? '' }));
    }
    this.#seenIndex = first + batch.length;
  }

  #fail(batch: readonly Waiting[], trouble: Trouble): void {
    this.#trouble = trouble;
    this.#deps.report('audit.journal.stopped', `${this.#deps.log}: ${trouble.reason}, ${trouble.detail}`);
    const refused = failure(trouble.reason, trouble.detail);
    this.#deps.meter?.failed(batch.length + this.#queue.length, trouble.reason);
    for (const { record, settle } of [...batch, ...this.#queue]) {
      this.#forsake(record);
      settle(refused);
    }
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#settleIdle();
    this.#recovering ??= this.#recover().finally(() => {
      this.#recovering = null;
    });
  }

  async #recover(): Promise<void> {
    for (let pause = RETRY_MS; !this.#closed; pause = Math.min(2 * pause, RETRY_AT_MOST_MS)) {
      await wait(pause, undefined, { ref: false });
      try {
        await this.#reconcile();
        this.#trouble = null;
        this.#deps.report('audit.journal.resumed', this.#deps.log);
        this.#closeOrphans();
        return;
      } catch (error) {
        if (!(error instanceof StorageError)) this.#deps.report('audit.journal.stopped', `${this.#deps.log}: ${error}`);
      }
    }
  }

  // Learns what became of the batch that failed, and which intents of ours nobody will close.
  async #reconcile(): Promise<void> {
    const { database, log } = this.#deps;
    const first = await this.#send(insertionOf([]));
    if (first === null) await this.#adopt();
    const open = await findOpen(database, log, this.#epoch, this.#oldestOpen());
    this.#orphans.clear();
    for (const index of open) if (!this.#live.has(index)) this.#orphans.add(index);
  }

  async #adopt(): Promise<void> {
    const { database, log } = this.#deps;
    const found = await readWriter(database, log, this.#epoch);
    if (found !== null && found.ended_index === null) {
      this.#sequence = found.sequence;
      return;
    }
    const { epoch, index } = await this.#deps.reopen();
    for (const intent of this.#live) this.#foreclosed.add(intent);
    this.#live = new Set();
    this.#epoch = epoch;
    this.#sequence = 0;
    this.#seenIndex = index;
  }

  #closeOrphans(): void {
    if (this.#orphans.size === 0 || this.#trouble !== null || this.#closed) return;
    const indexes = [...this.#orphans].slice(0, CLOSED_AT_ONCE);
    for (const index of indexes) this.#orphans.delete(index);
    const { clock, database, log, sealer } = this.#deps;
    const close = async (): Promise<void> => {
      // Counted as live until the record that closes them is durable.
      for (const index of indexes) this.#live.add(index);
      try {
        const records = await closings(clock, database, log, indexes);
        await Promise.all(records.map((record) => this.append(readyRecord(sealer, log, record))));
      } catch (error) {
        for (const index of indexes) if (this.#live.delete(index)) this.#orphans.add(index);
        this.#deps.report('audit.journal.left_open', `${log}: ${error}`);
      }
    };
    void close();
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
