import type { AdminReason } from './admin.ts';
import type { AuditReason } from './audit.ts';
import type { ConfigReason } from './config.ts';
import type { GatewayReason } from './gateway.ts';
import type { HttpReason } from './http.ts';
import type { IdentityReason } from './identity.ts';
import type { PolicyReason } from './policy.ts';
import type { ProtocolReason } from './protocol.ts';
import type { RegistryReason } from './registry.ts';
import type { StorageReason } from './storage.ts';
import type { VaultReason } from './vault.ts';

/** Every way in which something expected can fail. `gateway/reply.ts` holds a row for each. */
export type Reason =
  | AdminReason
  | AuditReason
  | ConfigReason
  | GatewayReason
  | HttpReason
  | IdentityReason
  | PolicyReason
  | ProtocolReason
  | RegistryReason
  | StorageReason
  | VaultReason;
