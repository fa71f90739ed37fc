import { join } from 'node:path';
import { failure, type Result, success } from '../base/result.ts';
import type { AuditReason } from '../contracts/reasons/audit.ts';
import { FLAG } from './batch-header.ts';
import { damageAt, describeDamage } from './damage.ts';
import type { JournalFiles } from './journal-files.ts';
import type { OpenLog } from './open-log.ts';
import { type BatchView, framesOf, readBatch, SegmentReader } from './read-batch.ts';
import { segmentName } from './segment.ts';
import { FIRST_BATCH } from './segments.ts';
import { type StoredRecord, storedRecord } from './stored-record.ts';

export interface FollowRequest {
  /** Index of the first record to hand over. */
  readonly from: number;
  /** Awaited before the next record is read, so that a slow follower costs disk reads and no memory. */
  readonly onRecord: (record: StoredRecord) => void | Promise<void>;
  readonly signal: AbortSignal;
}

/** Hands over every durable record from an index on, in order and without gaps. Resolves with the index to go on from, when told to stop or the journal closes. */
export async function follow(files: JournalFiles, open: OpenLog, request: FollowRequest): Promise<Result<number, AuditReason>> {
  const follower = new Follower(files, open, request);
  try {
    return await follower.run();
  } finally {
    await follower.close();
  }
}

class Follower {
  readonly #files: JournalFiles;
  readonly #open: OpenLog;
  readonly #request: FollowRequest;
  #next: number;
  #segment: number;
  #offset = FIRST_BATCH;
  #reader: SegmentReader | null = null;

  constructor(files: JournalFiles, open: OpenLog, request: FollowRequest) {
    this.#files = files;
    this.#open = open;
    this.#request = request;
    this.#next = Math.max(0, request.from);
    this.#segment = open.segments.entries.findLast((entry) => entry.firstIndex !== null && entry.firstIndex <= this.#next)?.number ?? 1;
  }

  async run(): Promise<Result<number, AuditReason>> {
    const { signal } = this.#request;
    const { writer } = this.#open;
    while (!signal.aborted) {
      if (this.#next < writer.end.index) {
        const failed = await this.#step();
        if (failed !== null) return failed;
      } else if (writer.closed) break;
      else await this.#change();
    }
    return success(this.#next);
  }

  async close(): Promise<void> {
    await this.#reader?.close();
    this.#reader = null;
  }

  async #step(): Promise<Result<number, AuditReason> | null> {
    const end = this.#open.writer.end;
    const limit = this.#segment === end.segment ? end.offset : this.#sizeOfSegment();
    this.#reader ??= new SegmentReader(await this.#files.open(join(this.#open.directory, segmentName(this.#segment))));
    const batch = await readBatch(this.#reader, this.#offset, limit);
    const failed = batch === null ? this.#damaged() : await this.#handOver(batch);
    if (failed !== null || batch === null) return failed;
    this.#offset = batch.end;
    if ((batch.header.flags & FLAG.end) !== 0) await this.#enterNext();
    return null;
  }

  async #handOver(batch: BatchView): Promise<Result<number, AuditReason> | null> {
    const frames = framesOf(batch);
    if (frames === null) return this.#damaged();
    for (const [position, frame] of frames.entries()) {
      if (batch.header.firstIndex + position < this.#next) continue;
      if (this.#request.signal.aborted) return success(this.#next);
      const record = storedRecord(this.#open.log, batch, frame, position);
      if (!record.ok) return record;
      await this.#request.onRecord(record.value);
      this.#next = record.value.index + 1;
    }
    return null;
  }

  async #enterNext(): Promise<void> {
    await this.close();
    this.#segment++;
    this.#offset = FIRST_BATCH;
  }

  #sizeOfSegment(): number {
    return this.#open.segments.entries.find((entry) => entry.number === this.#segment)?.size ?? 0;
  }

  #damaged(): Result<number, AuditReason> {
    const damage = damageAt(this.#open.log, { segment: this.#segment, offset: this.#offset, index: this.#next }, 'a batch cannot be read');
    return failure('audit.journal_damaged', describeDamage(damage));
  }

  #change(): Promise<void> {
    const { signal } = this.#request;
    return new Promise((resolve) => {
      const done = (): void => {
        forget();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const forget = this.#open.writer.onChange(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }
}
