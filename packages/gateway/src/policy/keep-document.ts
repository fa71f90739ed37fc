import type { Clock } from '../base/clock.ts';
import { failure, type Result, success } from '../base/result.ts';
import type { PolicyReason } from '../contracts/reasons/policy.ts';
import type { StorageReason } from '../contracts/reasons/storage.ts';
import { migrate, type Storage } from '../storage/index.ts';
import { type PolicyDocument, versionOf } from './document.ts';
import { type DocumentStore, openDocumentStore } from './document-store.ts';
import { POLICY_MIGRATIONS } from './migrations/index.ts';

/** What decisions were made by, under the version that their records name (R2-058). One row a version, however often it comes into force. */
export interface PolicyDocuments {
  /** Resolves once the document is kept. Nothing may be decided by it before. */
  keep(document: PolicyDocument): Promise<Result<null, StorageReason>>;
  /** Null where none was kept. `policy.invalid`: what is stored is not what has this version. */
  find(tenant: string, version: string): Promise<Result<PolicyDocument | null, PolicyReason | StorageReason>>;
}

export async function openPolicyDocuments(deps: {
  readonly storage: Storage;
  readonly clock: Clock;
}): Promise<Result<PolicyDocuments, StorageReason>> {
  const migrated = await migrate(deps.storage, 'policy', POLICY_MIGRATIONS);
  if (!migrated.ok) return migrated;
  const store = openDocumentStore(deps.storage);
  return success({
    keep: (document) => store.add(document.tenant, versionOf(document), JSON.stringify(document), deps.clock.now()),
    find: (tenant, version) => find(store, tenant, version),
  });
}

async function find(
  store: DocumentStore,
  tenant: string,
  version: string,
): Promise<Result<PolicyDocument | null, PolicyReason | StorageReason>> {
  const found = await store.find(tenant, version);
  if (!found.ok || found.value === null) return found.ok ? success(null) : found;
  // Written by keep only, in a database whose pages are authenticated; the digest says whether it is what it was.
  const document = JSON.parse(found.value) as PolicyDocument;
  return versionOf(document) === version ? success(document) : failure('policy.invalid', `the document kept as ${version} is another`);
}
