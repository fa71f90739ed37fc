import { random } from '../base/bytes.ts';
import type { TenantId } from '../base/ids.ts';
import { silentLogger } from '../base/log.ts';
import type { Result } from '../base/result.ts';
import type { Principal } from '../contracts/principal.ts';
import type { Mac } from '../contracts/vault.ts';
import type { Storage } from '../storage/index.ts';
import { type Identity, type KeyRequest, openIdentity } from './index.ts';

export const TENANT = 'default' as TenantId;
export const DAY = 86_400_000;
export const START = Date.UTC(2026, 0, 1);
export const READER: KeyRequest = { name: 'reading', roles: ['reader'], scopes: [{ server: '*', tool: '*' }] };

/** A clock that a test moves. */
export function movedClock() {
  let now = START;
  const advance = (ms: number) => {
    now += ms;
  };
  return { now: () => now, monotonic: () => now, advance };
}

export async function identityOn(storage: Storage, mac: Mac, maxAgeDays = () => 30): Promise<Identity> {
  const settings = () => ({ maxAgeDays: maxAgeDays() });
  return value(await openIdentity({ storage, mac, clock: storage.clock, random, settings, log: silentLogger }));
}

export function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.reason}: ${result.detail ?? ''}`);
  return result.value;
}

/** A principal by a key of its own, as a caller of verbs presents it. */
export async function personWith(identity: Identity, request: KeyRequest): Promise<Principal> {
  const { text } = value(await identity.create(TENANT, request, 'system'));
  return value(await identity.identify(text.reveal(), '127.0.0.1'));
}
