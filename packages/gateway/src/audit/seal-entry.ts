import { encodePublicPart, type PublicPart } from '@sallyport/ledger';
import { sha256Hex } from '../base/bytes.ts';
import type { TenantId } from '../base/ids.ts';
import { failure, type Result, success } from '../base/result.ts';
import type { JournalEntry } from '../contracts/journal.ts';
import type { AuditReason } from '../contracts/reasons/audit.ts';
import type { Sealer } from '../contracts/vault.ts';
import type { SealedRecord } from './batch.ts';

/** Binds a payload to its record: moved to another record or tenant, it does not open (trust.md 2.2). */
export const aadOf = (record: Pick<PublicPart, 'id' | 'kind' | 'tenant'>): string =>
  `{"id":${JSON.stringify(record.id)},"kind":"${record.kind}","purpose":"audit","tenant":${JSON.stringify(record.tenant)}}`;

/** Seals the secret, commits to it in the public part and writes that in its canonical form. */
export function sealEntry(sealer: Sealer, log: TenantId, { record, secret }: JournalEntry): Result<SealedRecord, AuditReason> {
  if (record.tenant !== log) return failure('audit.record_malformed', 'the record names another tenant than its log');
  const envelope = secret === null ? null : seal(sealer, secret, aadOf(record));
  if (envelope === undefined) return failure('audit.journal_unavailable', 'the payload cannot be sealed');
  const commitment = envelope === null ? undefined : { digest: sha256Hex(envelope), bytes: envelope.length, key: sealer.keyId };
  const text = encodePublicPart(record, commitment);
  if (!text.ok)
    return failure(text.reason === 'ledger.record_too_large' ? 'audit.record_too_large' : 'audit.record_malformed', text.reason);
  return success({ kind: record.kind, time: record.time, intent: record.intent, text: text.value, envelope });
}

// A sealer throws when its key is used up or gone. That stops recording, and so calling, but it must not leave a caller without an answer.
function seal(sealer: Sealer, secret: Uint8Array, aad: string): Buffer | undefined {
  try {
    return sealer.seal(secret, aad);
  } catch {
    return undefined;
  }
}
