import { failure, type Result, success } from '../base/result.ts';
import type { VaultReason } from '../contracts/reasons/vault.ts';
import type { KeyPurpose, Mac, Sealer } from '../contracts/vault.ts';
import { KEY_BYTES } from './aes-gcm.ts';
import { deriveKey, keyIdOf } from './derive-key.ts';
import { openEnvelope, type SealingKey, sealEnvelope, sealingKey } from './envelope.ts';
import { eraseMacKey, hmacSha256, type MacKey, macKeyOf } from './hmac.ts';
import { decodeKeyFile, encodeKeyFile, eraseKeys, KEY_FILE_BYTES, type Keys, PURPOSES } from './key-file.ts';
import { NoncePool } from './nonce-pool.ts';
import { createPrivate, readPrivate } from './private-file.ts';
import { AFTER_LOSS, SealCount, type SealCountDeps } from './seal-count.ts';

export interface VaultDeps {
  /** The key file. Beside it stands `FILE.uses`, the count of seals. */
  readonly file: string;
  /** Whether to make the keys where the file is missing. Never set it where data already exists. */
  readonly create: boolean;
  /** Cryptographically secure bytes. */
  readonly random: (length: number) => Buffer;
}

/** The keys of one data directory. What it hands out stops working at `close`. */
export interface Vault {
  /** `seal` throws once the key has been used 2^30 times, or where the count cannot be kept. */
  sealer(purpose: KeyPurpose): Sealer;
  mac(purpose: KeyPurpose): Mac;
  /** A copy of the key that opens the database. The caller overwrites it after use. */
  stateKey(): Buffer;
  /** Overwrites every key in memory. */
  close(): void;
}

/**
 * Opens the key file, or makes it. `vault.key_file_missing`, `vault.key_file_damaged` (with how to recover; nothing is overwritten),
 * `vault.key_file_permissions` (anything but 0600 or 0400 and our own), `vault.key_file_unavailable` (the disk).
 */
export function openVault(deps: VaultDeps): Result<Vault, VaultReason> {
  const count = { file: `${deps.file}.uses`, draftName: () => draftName(deps) };
  const read = readPrivate(deps.file, KEY_FILE_BYTES);
  if (!read.ok)
    return read.reason === 'vault.key_file_missing' && deps.create ? createVault(deps, count) : explained(read.reason, read.detail);
  const keys = decodeKeyFile(read.value);
  read.value.fill(0);
  if (typeof keys === 'string') {
    const detail = `${deps.file} is damaged: ${keys}. It was left as it is. Put your copy of it back; without it the data directory cannot be read.`;
    return failure('vault.key_file_damaged', detail);
  }
  return withCount(deps, keys, SealCount.open(count, AFTER_LOSS));
}

function explained(reason: VaultReason, detail = ''): Result<never, VaultReason> {
  const missing = reason === 'vault.key_file_missing';
  return failure(reason, missing ? `${detail}. Put your copy of it back, or name the right data directory.` : detail);
}

function createVault(deps: VaultDeps, count: SealCountDeps): Result<Vault, VaultReason> {
  const key = () => deps.random(KEY_BYTES);
  // The count comes first: keys without one would look as if it had been lost.
  const counted = SealCount.open(count, 0);
  if (!counted.ok) return counted;
  const keys: Keys = { state: key(), audit: key(), pepper: key(), handles: key() };
  const bytes = encodeKeyFile(keys);
  const written = createPrivate(deps.file, draftName(deps), bytes);
  bytes.fill(0);
  if (written.ok) return success(vaultOf(deps, keys, counted.value));
  eraseKeys(keys);
  return written;
}

const draftName = ({ file, random }: VaultDeps): string => `${file}.${random(6).toString('hex')}.new`;

function withCount(deps: VaultDeps, keys: Keys, count: Result<SealCount, VaultReason>): Result<Vault, VaultReason> {
  if (count.ok) return success(vaultOf(deps, keys, count.value));
  eraseKeys(keys);
  return count;
}

function vaultOf(deps: VaultDeps, keys: Keys, count: SealCount): Vault {
  const derived: Buffer[] = [];
  const macKeys: MacKey[] = [];
  const derive = (purpose: KeyPurpose, use: 'seal' | 'mac'): Buffer => {
    const bytes = deriveKey(keys[purpose], use);
    derived.push(bytes);
    return bytes;
  };
  const ids = new Map(PURPOSES.map((purpose) => [purpose, keyIdOf(keys[purpose])]));
  let open = true;
  const use = <T>(work: () => T): T => {
    if (!open) throw new Error('the vault is closed');
    return work();
  };
  const idOf = (purpose: KeyPurpose) => ids.get(purpose) ?? '';
  return {
    sealer: (purpose) =>
      use(() => sealerOf(sealingKey(idOf(purpose), purpose, derive(purpose, 'seal')), new NoncePool(deps.random), count, use)),
    mac: (purpose) =>
      use(() => {
        const key = macKeyOf(derive(purpose, 'mac'));
        macKeys.push(key);
        return macOf(idOf(purpose), key, use);
      }),
    stateKey: () => use(() => Buffer.from(keys.state)),
    close: () => {
      if (!open) return;
      open = false;
      count.close();
      eraseKeys(keys);
      for (const bytes of derived) bytes.fill(0);
      for (const key of macKeys) eraseMacKey(key);
    },
  };
}

type Use = <T>(work: () => T) => T;

function sealerOf(key: SealingKey, nonces: NoncePool, count: SealCount, use: Use): Sealer {
  return {
    keyId: key.id,
    seal: (plain, aad) =>
      use(() => {
        count.take(key.purpose);
        return sealEnvelope(key, nonces, plain, aad);
      }),
    open: (envelope, aad) => use(() => openEnvelope(key, envelope, aad)),
  };
}

const macOf = (keyId: string, key: MacKey, use: Use): Mac => ({
  keyId,
  mac: (data) => use(() => hmacSha256(key, data)),
});
