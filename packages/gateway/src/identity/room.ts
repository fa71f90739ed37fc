import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Settings } from '../contracts/settings.ts';
import type { Mac } from '../contracts/vault.ts';
import type { LastUse } from './last-use.ts';
import type { KeyMac, KeyStore } from './store.ts';
import type { TenantStore } from './tenant-store.ts';
import type { VerdictCache } from './verdict-cache.ts';

/** What the verbs of this room work with. */
export interface Room {
  readonly store: KeyStore;
  readonly tenants: TenantStore;
  readonly cache: VerdictCache;
  readonly lastUse: LastUse;
  readonly mac: Mac;
  readonly clock: Clock;
  readonly random: (length: number) => Buffer;
  readonly settings: () => Settings['keys'];
  readonly log: Logger;
}

/** What is stored in place of a key's text: useless without the pepper, which never stands in the database. */
export const macOf = (room: Pick<Room, 'mac'>, text: string): KeyMac => ({
  mac: room.mac.mac(text),
  pepperId: room.mac.keyId,
});
