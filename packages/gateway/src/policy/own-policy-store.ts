import type { Transaction } from 'kysely';
import type { PrincipalId, TenantId } from '../base/ids.ts';
import type { Result } from '../base/result.ts';
import type { StorageReason } from '../contracts/reasons/storage.ts';
import { attempt, type Storage } from '../storage/index.ts';

/** A policy as it is stored. `created` is wall time in milliseconds, `by` the principal that wrote it. */
export interface StoredPolicy {
  readonly tenant: TenantId;
  readonly id: string;
  readonly text: string;
  readonly created: number;
  readonly by: PrincipalId;
}

interface Tables {
  readonly policy_own: {
    readonly tenant: string;
    readonly id: string;
    readonly text: string;
    readonly created_at: number;
    readonly created_by: string;
  };
}

export type Added = { readonly replaced: readonly StoredPolicy[] } | { readonly taken: string } | 'full';

type Stored<T> = Promise<Result<T, StorageReason>>;

export interface OwnPolicyStore {
  /**
   * Adds all of one tenant, or none. `taken`: one of them is there and `replace` is false; `full`: the tenant would have more than `most`. What they replaced is
   * given back.
   */
  add(policies: readonly StoredPolicy[], replace: boolean, most: number): Stored<Added>;
  /** The policy that was removed, or null where there was none. */
  remove(tenant: TenantId, id: string): Stored<StoredPolicy | null>;
  /** By id. */
  list(tenant: TenantId): Stored<readonly StoredPolicy[]>;
  /** Makes a tenant's policies these and no others, inside a transaction of another room. Those that are there as they are stay untouched. */
  putWithin(transaction: Transaction<unknown>, tenant: TenantId, wanted: readonly StoredPolicy[]): Promise<void>;
}

export function openOwnPolicyStore(storage: Storage): OwnPolicyStore {
  const queries = storage.queries<Tables>();
  return {
    add: (policies, replace, most) =>
      attempt(() =>
        storage.transact<Tables, Added>(async (transaction) => {
          const tenant = policies[0]?.tenant ?? '';
          const there = await transaction.selectFrom('policy_own').selectAll().where('tenant', '=', tenant).orderBy('id').execute();
          const ids = new Set(policies.map(({ id }) => id));
          const replaced = there.filter(({ id }) => ids.has(id));
          const [first] = replaced;
          if (first !== undefined && !replace) return { taken: first.id };
          if (there.length - replaced.length + policies.length > most) return 'full';
          for (const { id } of replaced)
            await transaction.deleteFrom('policy_own').where('tenant', '=', tenant).where('id', '=', id).execute();
          for (const policy of policies) await transaction.insertInto('policy_own').values(rowOf(policy)).execute();
          return { replaced: replaced.map(policyOf) };
        }),
      ),
    remove: (tenant, id) =>
      attempt(async () => {
        const rows = queries.deleteFrom('policy_own').where('tenant', '=', tenant).where('id', '=', id);
        const row = await rows.returningAll().executeTakeFirst();
        return row === undefined ? null : policyOf(row);
      }),
    list: (tenant) =>
      attempt(async () => {
        const rows = await queries.selectFrom('policy_own').selectAll().where('tenant', '=', tenant).orderBy('id').execute();
        return rows.map(policyOf);
      }),
    putWithin: async (outer, tenant, wanted) => {
      const transaction = outer as unknown as Transaction<Tables>;
      const there = await transaction.selectFrom('policy_own').select(['id', 'text']).where('tenant', '=', tenant).execute();
      const same = new Set(there.flatMap(({ id, text }) => (wanted.some((one) => one.id === id && one.text === text) ? [id] : [])));
      for (const { id } of there)
        if (!same.has(id)) await transaction.deleteFrom('policy_own').where('tenant', '=', tenant).where('id', '=', id).execute();
      for (const policy of wanted)
        if (!same.has(policy.id))
          await transaction
            .insertInto('policy_own')
            .values(rowOf({ ...policy, tenant }))
            .execute();
    },
  };
}

const rowOf = ({ tenant, id, text, created, by }: StoredPolicy): Tables['policy_own'] => ({
  tenant,
  id,
  text,
  created_at: created,
  created_by: by,
});

const policyOf = (row: Tables['policy_own']): StoredPolicy => ({
  tenant: row.tenant as TenantId,
  id: row.id,
  text: row.text,
  created: row.created_at,
  by: row.created_by as PrincipalId,
});
