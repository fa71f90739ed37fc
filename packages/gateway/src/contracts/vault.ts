import type { Result } from '../base/result.ts';
import type { VaultReason } from './reasons/vault.ts';

/** One 256-bit key each (trust.md 2.2). `state` opens the database; `audit` seals journal payloads; `pepper` is for API keys; `handles` for opaque handles. */
export type KeyPurpose = 'state' | 'audit' | 'pepper' | 'handles';

/** AES-256-GCM envelopes with key id and additional authenticated data. Synchronous: 1 KB costs about 7 us. */
export interface Sealer {
  readonly keyId: string;
  seal(plain: Uint8Array, aad: string): Buffer;
  open(envelope: Uint8Array, aad: string): Result<Buffer, VaultReason>;
}

export interface Mac {
  readonly keyId: string;
  /** HMAC-SHA-256, hex. */
  mac(data: string | Uint8Array): string;
}
