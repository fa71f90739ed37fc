import type { Transaction } from 'kysely';
import type { Clock } from '../base/clock.ts';
import type { TenantId } from '../base/ids.ts';
import type { Logger } from '../base/log.ts';
import { type Result, success } from '../base/result.ts';
import type { PolicyReason } from '../contracts/reasons/policy.ts';
import type { StorageReason } from '../contracts/reasons/storage.ts';
import { migrate, type Storage } from '../storage/index.ts';
import { addGrant, type GrantRequest } from './add-grant.ts';
import { GrantUse } from './grant-use.ts';
import { POLICY_MIGRATIONS } from './migrations/index.ts';
import { removeGrant } from './remove-grant.ts';
import { listUsed, reportGrants, type UnusedGrant } from './report-grants.ts';
import { openGrantStore, type StoredGrant } from './store.ts';

/** The verbs of this room that change stored state. After each success the caller builds a new snapshot. */
export interface Grants {
  add(request: GrantRequest): Promise<Result<StoredGrant, PolicyReason | StorageReason>>;
  remove(tenant: TenantId, id: string): Promise<Result<StoredGrant, PolicyReason | StorageReason>>;
  /** All grants of a tenant, oldest first: what the snapshot is built from, and what an auditor reads. */
  list(tenant: TenantId): Promise<Result<readonly StoredGrant[], StorageReason>>;
  /** Makes the grants these and no others, with whatever else the transaction writes. */
  putWithin(transaction: Transaction<unknown>, tenant: TenantId, wanted: readonly StoredGrant[]): Promise<void>;
  /** Grants without a use for `days` days, the longest unused first. */
  report(tenant: TenantId, days: number): Promise<Result<readonly UnusedGrant[], StorageReason>>;
  /** The policies that permitted a call, so that grants among them count as used. */
  noteUse(policies: readonly string[], at: number): void;
  /** Writes the uses that are not written yet. */
  close(): Promise<void>;
}

/** Brings the tables up to date and opens the grants. */
export async function openGrants(deps: {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly log: Logger;
}): Promise<Result<Grants, StorageReason>> {
  const migrated = await migrate(deps.storage, 'policy', POLICY_MIGRATIONS);
  if (!migrated.ok) return migrated;
  const store = openGrantStore(deps.storage);
  const own = { store, clock: deps.clock, use: new GrantUse(store, deps.log) };
  return success({
    add: (request) => addGrant(own, request),
    remove: (tenant, id) => removeGrant(own, tenant, id),
    list: (tenant) => listUsed(own, tenant),
    putWithin: (transaction, tenant, wanted) => store.putWithin(transaction, tenant, wanted),
    report: (tenant, days) => reportGrants({ ...own, now: own.clock.now() }, tenant, days),
    noteUse: (policies, at) => own.use.note(policies, at),
    close: () => own.use.close(),
  });
}
