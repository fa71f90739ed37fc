import { equalInConstantTime, sha256Hex } from '../base/bytes.ts';
import { type Failure, failure, type Result, success } from '../base/result.ts';
import type { Authenticator, Disclosure } from '../contracts/authenticator.ts';
import type { Principal } from '../contracts/principal.ts';
import type { IdentityReason } from '../contracts/reasons/identity.ts';
import { type ApiKey, endOf, principalOf } from './api-key.ts';
import { isKeyText, KEY_TEXT_LENGTH } from './key-text.ts';
import { NOTE_EVERY_MS } from './last-use.ts';
import { isInNetworks } from './network.ts';
import { macOf, type Room } from './room.ts';
import { hasOwner, isService } from './service-account.ts';
import type { Admitted } from './verdict-cache.ts';

/** How long a verdict holds without asking the store again: another process may have revoked the key. */
const VERDICT_MS = 60_000;
/** Look-ups under way. A flood of made-up keys must not fill the store's queue. */
const MOST_LOOKUPS = 256;
/** A look-up during which a key was revoked is repeated. */
const MOST_TRIES = 3;

type Verdict = Result<Principal, IdentityReason>;

/** The authenticator over stored keys. Garbage costs a hash at most, and no look-up. */
export function createAuthenticator(room: Room): Authenticator {
  const underWay = new Map<string, Promise<Result<Admitted, IdentityReason>>>();

  function lookUpOnce(hash: string, token: string): Promise<Result<Admitted, IdentityReason>> {
    const same = underWay.get(hash);
    if (same !== undefined) return same;
    if (underWay.size >= MOST_LOOKUPS) return Promise.resolve(failure('identity.unavailable', 'too many unknown keys are being looked up'));
    const lookup = lookUp(room, hash, token).finally(() => underWay.delete(hash));
    underWay.set(hash, lookup);
    return lookup;
  }

  return {
    async disclosed(text) {
      if (!isKeyText(text)) return null;
      const hash = sha256Hex(text);
      const found = cached(room, hash) ?? (await lookUpOnce(hash, text));
      return found.ok ? markDisclosed(room, found.value) : null;
    },
    identify(token, address) {
      if (token.length !== KEY_TEXT_LENGTH) return failure('identity.credential_malformed');
      const hash = sha256Hex(token);
      const known = cached(room, hash);
      if (known === null && !isKeyText(token)) return failure('identity.credential_malformed');
      if (known === null) return lookUpOnce(hash, token).then((found) => (found.ok ? admit(room, found.value, address) : found));
      return known.ok ? admit(room, known.value, address) : known;
    },
  };
}

function cached({ cache, clock }: Room, hash: string): Result<Admitted, IdentityReason> | null {
  const now = clock.now();
  const admitted = cache.admitted(hash);
  if (admitted !== undefined) {
    if (now <= admitted.validUntil) return success(admitted);
    cache.drop(hash);
    return null;
  }
  const refused = cache.refused(hash);
  return refused !== undefined && now <= refused.validUntil ? failure(refused.reason) : null;
}

function admit({ clock, lastUse }: Room, verdict: Admitted, address: string): Verdict {
  const { key, principal } = verdict;
  const now = clock.now();
  if (now > principal.credential.expiresAt) return failure('identity.credential_expired');
  if (key.cidrs !== null && !isInNetworks(address, key.cidrs)) return failure('identity.address_not_allowed', `key ${key.id}`);
  if (now - verdict.lastUsed >= NOTE_EVERY_MS) {
    verdict.lastUsed = now;
    lastUse.note(key.id, now);
  } else lastUse.keep(key.id, now);
  return success(principal);
}

// Marked in the store once; a request that repeats it finds that remembered beside the verdict and writes nothing.
async function markDisclosed({ store, clock, log }: Room, verdict: Admitted): Promise<Disclosure> {
  const { id } = verdict.key;
  if (verdict.disclosed) return { key: id, first: false };
  const marked = await store.markDisclosed(id, clock.now());
  if (marked.ok) verdict.disclosed = true;
  else log.error('identity.disclosure_lost', { key: id, reason: marked.reason });
  return { key: id, first: marked.ok && marked.value };
}

async function lookUp(room: Room, hash: string, token: string): Promise<Result<Admitted, IdentityReason>> {
  for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
    const { generation } = room.cache;
    const verdict = await judge(room, token);
    if (generation !== room.cache.generation) continue;
    if (verdict.ok) room.cache.admit(hash, verdict.value);
    else if (verdict.reason !== 'identity.unavailable')
      room.cache.refuse(hash, { reason: verdict.reason, validUntil: room.clock.now() + VERDICT_MS });
    return verdict;
  }
  return failure('identity.unavailable', 'keys changed while this one was looked up');
}

async function judge(room: Room, token: string): Promise<Result<Admitted, IdentityReason>> {
  const { mac } = macOf(room, token);
  const found = await room.store.findByMac(mac);
  if (!found.ok) return failure('identity.unavailable', found.reason);
  // The index found it by comparing; this compares once more in constant time, so that no engine's collation decides.
  if (found.value === null || !equalInConstantTime(Buffer.from(found.value.mac), Buffer.from(mac)))
    return failure('identity.credential_unknown');
  return refusalOf(room, found.value.key) ?? (await refuseOwnerless(room, found.value.key)) ?? success(admittedOf(room, found.value.key));
}

function refusalOf({ settings, clock }: Room, key: ApiKey): Failure<IdentityReason> | null {
  if (key.revokedAt !== null) return failure('identity.credential_revoked', `key ${key.id}`);
  if (clock.now() > endOf(key, settings())) return failure('identity.credential_expired', `key ${key.id}`);
  return null;
}

async function refuseOwnerless(room: Room, key: ApiKey): Promise<Failure<IdentityReason> | null> {
  if (!isService(key)) return null;
  const owned = await hasOwner(room, key.tenant, key.owner);
  if (!owned.ok) return failure('identity.unavailable', owned.reason);
  return owned.value ? null : failure('identity.owner_missing', `key ${key.id}`);
}

function admittedOf({ settings, clock }: Room, key: ApiKey): Admitted {
  const principal = principalOf(key, settings());
  const validUntil = Math.min(principal.credential.expiresAt, clock.now() + VERDICT_MS);
  return { key, principal, validUntil, lastUsed: key.lastUsedAt ?? 0, disclosed: key.disclosedAt !== null };
}
