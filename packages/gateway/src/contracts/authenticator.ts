import type { Result } from '../base/result.ts';
import type { Principal } from './principal.ts';
import type { IdentityReason } from './reasons/identity.ts';

/** Who is at the other end. Synchronous when the verdict is cached, which it is for every call but a key's first. */
export interface Authenticator {
  /** @param token the text after `Bearer `; @param address the peer's address, for keys that name networks. */
  identify(token: string, address: string): Result<Principal, IdentityReason> | Promise<Result<Principal, IdentityReason>>;
}
