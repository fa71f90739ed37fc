import { sha256Hex } from '../base/bytes.ts';
import { failure, type Result, success } from '../base/result.ts';
import type { JsonObject } from '../contracts/json.ts';
import type { VaultReason } from '../contracts/reasons/vault.ts';
import type { Sealer } from '../contracts/vault.ts';
import { aadOf } from './seal-entry.ts';
import type { StoredRecord } from './stored-record.ts';

/** The sealed payload of a record, or null where it has none. Refused where the key is not there or the payload is not the one that was committed to. */
export function openRecord(sealer: Sealer, stored: StoredRecord): Result<JsonObject | null, VaultReason> {
  const { record, envelope } = stored;
  if (envelope === null) return record.sealed === undefined ? success(null) : failure('vault.envelope_damaged', 'the payload is missing');
  if (record.sealed?.digest !== sha256Hex(envelope))
    return failure('vault.envelope_damaged', 'the payload is not the one that was committed to');
  const plain = sealer.open(envelope, aadOf(record));
  return plain.ok ? parse(plain.value) : plain;
}

function parse(plain: Buffer): Result<JsonObject, VaultReason> {
  try {
    const value: unknown = JSON.parse(plain.toString('utf8'));
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? success(value as JsonObject) : failure('vault.envelope_damaged', 'the payload is no JSON object');
  } catch {
    return failure('vault.envelope_damaged', 'the payload is no JSON');
  }
}
