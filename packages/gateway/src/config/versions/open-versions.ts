import type { Transaction } from 'kysely';
import { equalInConstantTime } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import { type TenantId, ulidTime } from '../../base/ids.ts';
import { failure, type Result, success } from '../../base/result.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { ConfigReason } from '../../contracts/reasons/config.ts';
import type { StorageReason } from '../../contracts/reasons/storage.ts';
import type { Mac } from '../../contracts/vault.ts';
import { migrate, type Storage } from '../../storage/index.ts';
import { CONFIG_MIGRATIONS } from '../migrations/index.ts';
import { openVersionStore, type StoredVersion, type VersionStore } from './store.ts';
import { type CheckVersion, verifyChain } from './verify-chain.ts';
import { differences, hashOf, type Version, type VersionFacts } from './version.ts';

type Answer<T> = Promise<Result<T, ConfigReason | StorageReason>>;

/** Who put a configuration in force, and by what. */
export interface Authorship {
  readonly author: string;
  readonly cause: string;
}

/** The history of a tenant's configuration. */
export interface Versions {
  /** The newest, checked. Null before the first. */
  newest(tenant: TenantId): Answer<Version | null>;
  /** By number or hash, checked; `config.version_unknown`. */
  find(tenant: TenantId, name: string): Answer<Version>;
  list(
    tenant: TenantId,
    page: { readonly before: number; readonly limit: number },
  ): Promise<Result<readonly VersionFacts[], StorageReason>>;
  /** What follows the newest version with this content; null where it says the same. Nothing is stored. */
  draft(newest: Version | null, content: JsonObject, by: Authorship): Version | null;
  add(tenant: TenantId, version: Version): Promise<Result<void, StorageReason>>;
  addWithin(transaction: Transaction<unknown>, tenant: TenantId, version: Version): Promise<void>;
  /** Walks the whole chain: `config.history_damaged` where a version was changed, taken away or put in. The number of versions otherwise. */
  verify(tenant: TenantId): Answer<number>;
  /** Notes durably that something of this name is about to change. The change is over with `ended`, made or not. */
  touch(tenant: TenantId, name: string): Answer<string>;
  ended(id: string): void;
  /** Names that may differ from the newest version; notes that nobody with our key made do not count. */
  touched(tenant: TenantId): Answer<readonly Note[]>;
  /** Once a version covers what they note. */
  forget(tenant: TenantId, ids: readonly string[]): Promise<Result<void, StorageReason>>;
}

export interface Note {
  readonly id: string;
  readonly name: string;
  /** Whatever is read after this holds the change; until then the change may still come, and the note has to stay. */
  readonly ended: boolean;
}

/** For how many versions the note of a gateway that is gone holds. */
const NOTE_LIVES = 16;

export async function openVersions(deps: {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly mac: Mac;
}): Promise<Result<Versions, StorageReason>> {
  const migrated = await migrate(deps.storage, 'config', CONFIG_MIGRATIONS);
  if (!migrated.ok) return migrated;
  const store = openVersionStore(deps.storage);
  const keys = keyedBy(deps.mac);
  return success({ ...historyOf(store, keys, deps.clock), ...notesOf(store, keys, deps) });
}

interface NoteDeps {
  readonly storage: Storage;
  readonly clock: Clock;
}

interface Keys {
  version(tenant: TenantId, hash: string): string;
  note(tenant: TenantId, head: string, name: string): string;
}

const keyedBy = (mac: Mac): Keys => ({
  version: (tenant, hash) => mac.mac(`config.version\n${tenant}\n${hash}`),
  note: (tenant, head, name) => mac.mac(`config.touched\n${tenant}\n${head}\n${name}`),
});

type History = Pick<Versions, 'newest' | 'find' | 'list' | 'draft' | 'add' | 'addWithin' | 'verify'>;

function historyOf(store: VersionStore, keys: Keys, clock: Clock): History {
  const seal = (tenant: TenantId, version: Version): StoredVersion => ({ ...version, mac: keys.version(tenant, version.hash) });
  const check: CheckVersion = (tenant, version) => {
    if (version === null) return success(null);
    const { mac: own, ...bare } = version;
    const { hash, ...rest } = bare;
    if (hash !== hashOf(rest) || !isEqual(own, keys.version(tenant, hash)))
      return failure('config.history_damaged', `version ${version.sequence} is not as it was stored`);
    return success(bare);
  };
  return {
    newest: async (tenant) => {
      const found = await store.newest(tenant);
      return found.ok ? check(tenant, found.value) : found;
    },
    find: async (tenant, name) => {
      const found = await store.find(tenant, /^\d{1,9}$/.test(name) ? Number(name) : name);
      if (!found.ok) return found;
      const checked = check(tenant, found.value);
      if (!checked.ok) return checked;
      return checked.value === null ? failure('config.version_unknown', `no version ${name.slice(0, 64)}`) : success(checked.value);
    },
    list: (tenant, page) => store.list(tenant, page),
    draft: (before, content, { author, cause }) => {
      const changes = differences(before?.content ?? {}, content);
      if (before !== null && changes.length === 0) return null;
      const [sequence, parent] = [(before?.sequence ?? 0) + 1, before?.hash ?? null];
      const facts = { sequence, parent, author, cause, createdAt: clock.now(), content, changes };
      return { ...facts, hash: hashOf(facts) };
    },
    add: (tenant, version) => store.add(tenant, seal(tenant, version)),
    addWithin: (transaction, tenant, version) => store.addWithin(transaction, tenant, seal(tenant, version)),
    verify: (tenant) => verifyChain(store, check, tenant),
  };
}

/** Longer than anything takes that is noted: a note that is older was left by a gateway that is gone. */
const NOTE_MS = 300_000;

function notesOf(store: VersionStore, keys: Keys, { storage, clock }: NoteDeps): Pick<Versions, 'touch' | 'ended' | 'touched' | 'forget'> {
  /** Ours, by id: whether the change is over. */
  const own = new Map<string, boolean>();
  // Another gateway on the database may be between its note and its change: only it, or time, takes the note back.
  const left = (id: string): boolean => storage.engine === 'sqlite' || (ulidTime(id) ?? 0) < clock.now() - NOTE_MS;
  return {
    touch: async (tenant, name) => {
      const head = await store.newest(tenant);
      if (!head.ok) return head;
      const hash = head.value?.hash ?? '';
      const noted = await store.touch(tenant, { name, head: hash, mac: keys.note(tenant, hash, name) });
      if (noted.ok) own.set(noted.value, false);
      return noted;
    },
    ended: (id) => {
      if (own.has(id)) own.set(id, true);
    },
    touched: async (tenant) => {
      const notes = await store.touched(tenant);
      if (!notes.ok) return notes;
      const recent = await store.list(tenant, { before: 0, limit: NOTE_LIVES });
      if (!recent.ok) return recent;
      // An old note that was copied back would permit what it permitted once. One of ours that is open cannot be: we made it.
      const heads = new Set([...(recent.value.length < NOTE_LIVES ? [''] : []), ...recent.value.map(({ hash }) => hash)]);
      const real = notes.value.filter(
        ({ id, name, head, mac }) => (own.has(id) || heads.has(head)) && isEqual(mac, keys.note(tenant, head, name)),
      );
      return success(real.map(({ id, name }) => ({ id, name, ended: own.get(id) ?? left(id) })));
    },
    forget: async (tenant, ids) => {
      const forgotten = await store.forget(tenant, ids);
      if (forgotten.ok) for (const id of ids) own.delete(id);
      return forgotten;
    },
  };
}

const isEqual = (a: string, b: string): boolean => equalInConstantTime(Buffer.from(a), Buffer.from(b));
