import type { KeyId } from '../base/ids.ts';
import type { Result } from '../base/result.ts';
import type { Principal } from './principal.ts';
import type { IdentityReason } from './reasons/identity.ts';

/** Who is at the other end. Synchronous when the verdict is cached, which it is for every call but a key's first. */
export interface Authenticator {
  /** @param token the text after `Bearer `; @param address the peer's address, for keys that name networks. */
  identify(token: string, address: string): Result<Principal, IdentityReason> | Promise<Result<Principal, IdentityReason>>;
  /**
   * Tells that `text` stood where others can read it, such as in a URL. Where it is a key that works, that key is marked and has to be replaced
   * (R2-007). Null: no such key; what has not the form of one costs no look-up.
   */
  disclosed(text: string): Promise<Disclosure | null>;
}

export interface Disclosure {
  readonly key: KeyId;
  /** True once in a key's life. */
  readonly first: boolean;
}
