import type { PublicPart } from '@sallyport/ledger';
import type { TenantId } from '../base/ids.ts';
import type { Result } from '../base/result.ts';
import type { AuditReason } from './reasons/audit.ts';

/** A record before it is sealed: `sealed` is filled in by the journal from `secret`. */
export interface JournalEntry {
  readonly record: Omit<PublicPart, 'sealed'>;
  /** Canonical JSON bytes of what only holders of the audit key may read; null where there is nothing to hide. */
  readonly secret: Uint8Array | null;
}

export interface Receipt {
  readonly log: string;
  readonly epoch: number;
  readonly index: number;
  /** SHA-256 of 0x00 and the record's canonical public part, hex. */
  readonly leaf: string;
}

export interface Journal {
  /** Resolves once the record is durable, and only then. One log per tenant. */
  append(log: TenantId, entry: JournalEntry): Promise<Result<Receipt, AuditReason>>;
  /**
   * A refusal that anybody can cause at will: recorded one by one up to 60 a minute for each `key`, then folded into one record a minute whose
   * count is exact (DESIGN section 4, "Refusals"). Null when it was folded.
   */
  refuse(log: TenantId, key: string, entry: JournalEntry): Promise<Result<Receipt | null, AuditReason>>;
  /** False once a write failed: nothing can be recorded, so nothing can be called. */
  readonly writable: boolean;
}
