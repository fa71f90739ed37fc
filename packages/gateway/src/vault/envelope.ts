import { failure, type Result, success } from '../base/result.ts';
import type { VaultReason } from '../contracts/reasons/vault.ts';
import type { KeyPurpose } from '../contracts/vault.ts';
import { decrypt, encryptInto, NONCE_BYTES, TAG_BYTES } from './aes-gcm.ts';
import type { NoncePool } from './nonce-pool.ts';

// Format 1 (trust.md 2.2), bytes: magic "SP" 2, version 1, algorithm 1, key id 16, nonce 12, ciphertext, tag 16.
// The header, the purpose and the caller's own text are authenticated, so an envelope opens only where it was sealed for.

const MAGIC = Buffer.from('SP');
const VERSION = 1;
const AES_256_GCM = 1;
const KEY_ID_AT = 4;
const NONCE_AT = 20;
const TEXT_AT = NONCE_AT + NONCE_BYTES;

/** How many bytes an envelope is longer than what it holds. */
const ENVELOPE_OVERHEAD = TEXT_AT + TAG_BYTES;

export interface SealingKey {
  /** 32 hex digits. */
  readonly id: string;
  readonly purpose: KeyPurpose;
  readonly bytes: Uint8Array;
  /** What every envelope of this key authenticates before the caller's own text: header, purpose, zero byte. */
  readonly bound: Buffer;
}

// The header has a fixed length and no purpose holds a zero byte, so no two triples (header, purpose, text) give the same bytes.
export const sealingKey = (id: string, purpose: KeyPurpose, bytes: Uint8Array): SealingKey => ({
  id,
  purpose,
  bytes,
  bound: Buffer.concat([headerOf(id), Buffer.from(`${purpose}\0`)]),
});

export function sealEnvelope(key: SealingKey, nonces: NoncePool, plain: Uint8Array, aad: string): Buffer {
  const envelope = Buffer.allocUnsafe(ENVELOPE_OVERHEAD + plain.length);
  key.bound.copy(envelope, 0, 0, NONCE_AT);
  nonces.takeInto(envelope, NONCE_AT);
  encryptInto(envelope.subarray(TEXT_AT), key.bytes, envelope.subarray(NONCE_AT, TEXT_AT), boundTo(key, aad), plain);
  return envelope;
}

export function openEnvelope(key: SealingKey, envelope: Uint8Array, aad: string): Result<Buffer, VaultReason> {
  const bytes = Buffer.from(envelope.buffer, envelope.byteOffset, envelope.byteLength);
  if (bytes.length < ENVELOPE_OVERHEAD) return failure('vault.envelope_damaged', 'it is too short');
  const header = bytes.subarray(0, NONCE_AT);
  if (!header.subarray(0, KEY_ID_AT).equals(key.bound.subarray(0, KEY_ID_AT))) {
    return failure('vault.envelope_damaged', 'it is no envelope of a format that this version knows');
  }
  const keyId = header.subarray(KEY_ID_AT).toString('hex');
  if (keyId !== key.id) return failure('vault.key_unknown', `it was sealed with key ${keyId}, this is ${key.id}`);
  const plain = decrypt(key.bytes, bytes.subarray(NONCE_AT, TEXT_AT), boundTo(key, aad), bytes.subarray(TEXT_AT));
  return plain === null ? failure('vault.envelope_damaged', 'it was changed, or it was sealed for another place') : success(plain);
}

function headerOf(keyId: string): Buffer {
  const header = Buffer.alloc(NONCE_AT);
  MAGIC.copy(header);
  header[2] = VERSION;
  header[3] = AES_256_GCM;
  header.write(keyId, KEY_ID_AT, 'hex');
  return header;
}

function boundTo({ bound }: SealingKey, aad: string): Buffer {
  const bytes = Buffer.allocUnsafe(bound.length + Buffer.byteLength(aad));
  bound.copy(bytes);
  bytes.write(aad, bound.length);
  return bytes;
}
