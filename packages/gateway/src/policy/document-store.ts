import type { Result } from '../base/result.ts';
import type { StorageReason } from '../contracts/reasons/storage.ts';
import { attempt, type Storage } from '../storage/index.ts';

interface Tables {
  readonly policy_document: { readonly tenant: string; readonly version: string; readonly document: string; readonly kept_at: number };
}

export interface DocumentStore {
  /** Keeps a text under its version; one that is there stays. */
  add(tenant: string, version: string, text: string, at: number): Promise<Result<null, StorageReason>>;
  find(tenant: string, version: string): Promise<Result<string | null, StorageReason>>;
}

export function openDocumentStore(storage: Storage): DocumentStore {
  const queries = storage.queries<Tables>();
  return {
    add: (tenant, version, text, at) =>
      attempt(async () => {
        const row = { tenant, version, document: text, kept_at: at };
        await queries
          .insertInto('policy_document')
          .values(row)
          .onConflict((conflict) => conflict.columns(['tenant', 'version']).doNothing())
          .execute();
        return null;
      }),
    find: (tenant, version) =>
      attempt(async () => {
        const rows = queries.selectFrom('policy_document').select('document').where('tenant', '=', tenant).where('version', '=', version);
        return (await rows.executeTakeFirst())?.document ?? null;
      }),
  };
}
