import type { TenantId } from '../../base/ids.ts';
import { failure, type Result, success } from '../../base/result.ts';
import type { ConfigReason } from '../../contracts/reasons/config.ts';
import type { StorageReason } from '../../contracts/reasons/storage.ts';
import type { StoredVersion, VersionStore } from './store.ts';
import type { Version } from './version.ts';

export type CheckVersion = (tenant: TenantId, version: StoredVersion | null) => Result<Version | null, ConfigReason>;

interface Link {
  readonly sequence: number;
  readonly hash: string | null;
}

const PAGE = 100;

/** Walks the versions from the newest to the first: each is as it was stored, and is the parent that the one after it names. */
export async function verifyChain(
  store: VersionStore,
  check: CheckVersion,
  tenant: TenantId,
): Promise<Result<number, ConfigReason | StorageReason>> {
  let expected: Link | null = null;
  let count = 0;
  for (let before = 0; ; ) {
    const page = await store.list(tenant, { before, limit: PAGE });
    if (!page.ok) return page;
    for (const { sequence } of page.value) {
      const link: Result<Link, ConfigReason | StorageReason> = await follow(store, check, tenant, expected ?? { sequence, hash: null });
      if (!link.ok) return link;
      expected = link.value;
      count += 1;
    }
    if (page.value.length === 0) break;
    before = page.value.at(-1)?.sequence ?? 0;
  }
  const isWhole = expected === null || (expected.sequence === 0 && expected.hash === null);
  return isWhole ? success(count) : failure('config.history_damaged', `the versions up to ${expected?.sequence ?? 0} are missing`);
}

/** The link that a version names, once the version is what was expected. @param hash null: the newest, which nothing names. */
async function follow(
  store: VersionStore,
  check: CheckVersion,
  tenant: TenantId,
  { sequence, hash }: Link,
): Promise<Result<Link, ConfigReason | StorageReason>> {
  const found = await store.find(tenant, sequence);
  if (!found.ok) return found;
  const checked = check(tenant, found.value);
  if (!checked.ok) return checked;
  if (checked.value === null || (hash !== null && checked.value.hash !== hash))
    return failure('config.history_damaged', `version ${sequence} is missing or was put in place of another`);
  return success({ sequence: sequence - 1, hash: checked.value.parent });
}
