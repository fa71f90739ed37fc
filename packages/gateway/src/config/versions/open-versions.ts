import type { Transaction } from 'kysely';
import { equalInConstantTime } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import type { TenantId } from '../../base/ids.ts';
import { failure, type Result, success } from '../../base/result.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { ConfigReason } from '../../contracts/reasons/config.ts';
import type { StorageReason } from '../../contracts/reasons/storage.ts';
import type { Mac } from '../../contracts/vault.ts';
import { migrate, type Storage } from '../../storage/index.ts';
import { CONFIG_MIGRATIONS } from '../migrations/index.ts';
import { openVersionStore, type StoredVersion } from './store.ts';
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
  /** Notes durably that something of this name is about to change. The function takes the note back. */
  touch(tenant: TenantId, name: string): Answer<string>;
  /** Names that may differ from the newest version; notes that nobody with our key made do not count. */
  touched(tenant: TenantId): Answer<readonly { readonly id: string; readonly name: string }[]>;
  forget(tenant: TenantId, ids: readonly string[]): Promise<Result<void, StorageReason>>;
}

const PAGE = 100;
/** For how many versions a note holds. */
const NOTE_LIVES = 16;

export async function openVersions(deps: {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly mac: Mac;
}): Promise<Result<Versions, StorageReason>> {
  const { storage, clock, mac } = deps;
  const migrated = await migrate(storage, 'config', CONFIG_MIGRATIONS);
  if (!migrated.ok) return migrated;
  const store = openVersionStore(storage);
  const seal = (tenant: TenantId, version: Version): StoredVersion => ({ ...version, mac: macOf(tenant, version.hash) });
  const macOf = (tenant: TenantId, hash: string): string => mac.mac(`config.version\n${tenant}\n${hash}`).toString('hex');
  const touchMac = (tenant: TenantId, head: string, name: string): string =>
    mac.mac(`config.touched\n${tenant}\n${head}\n${name}`).toString('hex');
  const check = (tenant: TenantId, version: StoredVersion | null): Result<Version | null, ConfigReason> => {
    if (version === null) return success(null);
    const { mac: own, ...bare } = version;
    const { hash, ...rest } = bare;
    if (hash !== hashOf(rest) || !isEqual(own, macOf(tenant, hash)))
      return failure('config.history_damaged', `version ${version.sequence} is not as it was stored`);
    return success(bare);
  };
  const newest: Versions['newest'] = async (tenant) => {
    const found = await store.newest(tenant);
    return found.ok ? check(tenant, found.value) : found;
  };
  return success({
    newest,
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
      const facts = {
        sequence: (before?.sequence ?? 0) + 1,
        parent: before?.hash ?? null,
        author,
        cause,
        createdAt: clock.now(),
        content,
        changes,
      };
      return { ...facts, hash: hashOf(facts) };
    },
    add: (tenant, version) => store.add(tenant, seal(tenant, version)),
    addWithin: (transaction, tenant, version) => store.addWithin(transaction, tenant, seal(tenant, version)),
    verify: async (tenant) => {
      let expected: { readonly sequence: number; readonly hash: string | null } | null = null;
      let count = 0;
      for (let before = 0; ; ) {
        const page = await store.list(tenant, { before, limit: PAGE });
        if (!page.ok) return page;
        if (page.value.length === 0) break;
        for (const { sequence } of page.value) {
          const found = await store.find(tenant, sequence);
          if (!found.ok) return found;
          const checked = check(tenant, found.value);
          if (!checked.ok) return checked;
          const version: Version | null = checked.value;
          if (version === null || (expected !== null && (version.sequence !== expected.sequence || version.hash !== expected.hash)))
            return failure('config.history_damaged', `version ${expected?.sequence ?? sequence} is missing or was put in place of another`);
          expected = { sequence: version.sequence - 1, hash: version.parent };
          count += 1;
        }
        before = page.value.at(-1)?.sequence ?? 0;
      }
      if (expected !== null && (expected.sequence !== 0 || expected.hash !== null))
        return failure('config.history_damaged', `the versions up to ${expected.sequence} are missing`);
      return success(count);
    },
    touch: async (tenant, name) => {
      const head = await store.newest(tenant);
      if (!head.ok) return head;
      const hash = head.value?.hash ?? '';
      return store.touch(tenant, { name, head: hash, mac: touchMac(tenant, hash, name) });
    },
    touched: async (tenant) => {
      const notes = await store.touched(tenant);
      if (!notes.ok || notes.value.length === 0) return notes;
      const recent = await store.list(tenant, { before: 0, limit: NOTE_LIVES });
      if (!recent.ok) return recent;
      // An old note that was copied back would permit what it permitted once.
      const heads = new Set([...(recent.value.length < NOTE_LIVES ? [''] : []), ...recent.value.map(({ hash }) => hash)]);
      const real = notes.value.filter(({ name, head, mac: own }) => heads.has(head) && isEqual(own, touchMac(tenant, head, name)));
      return success(real.map(({ id, name }) => ({ id, name })));
    },
    forget: (tenant, ids) => store.forget(tenant, ids),
  });
}

const isEqual = (a: string, b: string): boolean => equalInConstantTime(Buffer.from(a), Buffer.from(b));
