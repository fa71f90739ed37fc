import type { RecordKind } from '@sallyport/ledger';
import type { Result } from '../base/result.ts';
import type { Receipt } from '../contracts/journal.ts';
import type { AuditReason } from '../contracts/reasons/audit.ts';
import { HEADER_BYTES, paddedBytes } from './batch-header.ts';
import { frameBound, writeFrame } from './frame.ts';

/** A record that is ready to be written: its public part as canonical text, its payload sealed. */
export interface SealedRecord {
  readonly kind: RecordKind;
  readonly time: number;
  readonly intent: number | undefined;
  readonly text: string;
  readonly envelope: Uint8Array | null;
}

/** Who waits for a record. */
export interface Waiting {
  readonly kind: RecordKind;
  readonly intent: number | undefined;
  readonly leaf: string;
  readonly settle: (result: Result<Receipt, AuditReason>) => void;
}

/** Records that become durable together. Owns the buffer that is handed to the disk. */
export class Batch {
  #buffer: Buffer;
  #used = HEADER_BYTES;
  #minTime = Number.POSITIVE_INFINITY;
  #maxTime = Number.NEGATIVE_INFINITY;
  #waiting: Waiting[] = [];

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  get waiting(): readonly Waiting[] {
    return this.#waiting;
  }

  /** Header and frames, without padding. */
  get bytes(): number {
    return this.#used;
  }

  get times(): { readonly minTime: number; readonly maxTime: number } {
    return this.#waiting.length === 0 ? { minTime: 0, maxTime: 0 } : { minTime: this.#minTime, maxTime: this.#maxTime };
  }

  /** Reaches the end of the last sector. */
  get buffer(): Buffer {
    return this.#buffer;
  }

  add(record: SealedRecord, settle: Waiting['settle']): void {
    this.#reserve(paddedBytes(this.#used + frameBound(record.text, record.envelope)));
    const { leaf, end } = writeFrame(this.#buffer, this.#used, record.text, record.envelope);
    this.#used = end;
    this.#minTime = Math.min(this.#minTime, record.time);
    this.#maxTime = Math.max(this.#maxTime, record.time);
    this.#waiting.push({ kind: record.kind, intent: record.intent, leaf, settle });
  }

  /** Empty again, for the next records. */
  reset(): void {
    this.#used = HEADER_BYTES;
    this.#minTime = Number.POSITIVE_INFINITY;
    this.#maxTime = Number.NEGATIVE_INFINITY;
    this.#waiting = [];
  }

  #reserve(capacity: number): void {
    if (capacity <= this.#buffer.length) return;
    const larger = Buffer.alloc(Math.max(capacity, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#used);
    this.#buffer = larger;
  }
}
