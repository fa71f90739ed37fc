import type { Transaction } from 'kysely';
import type { PrincipalId, TenantId } from '../base/ids.ts';
import type { Result } from '../base/result.ts';
import type { Grant } from '../contracts/decision.ts';
import type { StorageReason } from '../contracts/reasons/storage.ts';
import { attempt, type Storage } from '../storage/index.ts';

/** A grant as it is stored. `created` is wall time in milliseconds, `by` the principal that gave it. */
export interface StoredGrant extends Grant {
  readonly tenant: TenantId;
  readonly created: number;
  readonly by: PrincipalId;
  /** Kept to the hour; null: never. */
  readonly lastUsed: number | null;
}

interface Tables {
  readonly policy_grant: {
    readonly tenant: string;
    readonly id: string;
    readonly principal: string;
    readonly tool: string;
    readonly created_at: number;
    readonly created_by: string;
    readonly last_used_at: number | null;
    /** JSON of the rules about arguments. */
    readonly rules: string | null;
  };
}

export interface GrantStore {
  /** Adds one unless the same principal has the same tool already, or the tenant has `most`. */
  add(grant: StoredGrant, most: number): Promise<Result<'added' | 'taken' | 'full', StorageReason>>;
  /** The grant that was removed, or null where there was none. */
  remove(tenant: TenantId, id: string): Promise<Result<StoredGrant | null, StorageReason>>;
  /** By id, so by time. */
  list(tenant: TenantId): Promise<Result<readonly StoredGrant[], StorageReason>>;
  /** Makes a tenant's grants these and no others, by id, inside a transaction of another room. Those that are there stay untouched. */
  putWithin(transaction: Transaction<unknown>, tenant: TenantId, wanted: readonly StoredGrant[]): Promise<void>;
  /** By id; a use before the stored one changes nothing. */
  markUsed(uses: ReadonlyMap<string, number>): Promise<Result<null, StorageReason>>;
}

export function openGrantStore(storage: Storage): GrantStore {
  const queries = storage.queries<Tables>();
  return {
    add: (grant, most) =>
      attempt(() =>
        storage.transact<Tables, 'added' | 'taken' | 'full'>(async (transaction) => {
          const rows = transaction.selectFrom('policy_grant').where('tenant', '=', grant.tenant);
          const same = await rows.select('id').where('principal', '=', grant.principal).where('tool', '=', grant.tool).executeTakeFirst();
          if (same !== undefined) return 'taken';
          const { count } = await rows.select((all) => all.fn.countAll<number>().as('count')).executeTakeFirstOrThrow();
          if (Number(count) >= most) return 'full';
          await transaction.insertInto('policy_grant').values(rowOf(grant)).execute();
          return 'added';
        }),
      ),
    remove: (tenant, id) =>
      attempt(async () => {
        const row = await queries
          .deleteFrom('policy_grant')
          .where('tenant', '=', tenant)
          .where('id', '=', id)
          .returningAll()
          .executeTakeFirst();
        return row === undefined ? null : grantOf(row);
      }),
    list: (tenant) =>
      attempt(async () => {
        const rows = await queries.selectFrom('policy_grant').selectAll().where('tenant', '=', tenant).orderBy('id').execute();
        return rows.map(grantOf);
      }),
    putWithin: async (outer, tenant, wanted) => {
      const transaction = outer as unknown as Transaction<Tables>;
      const rows = await transaction.selectFrom('policy_grant').select('id').where('tenant', '=', tenant).execute();
      const there = new Set(rows.map(({ id }) => id));
      const ids = new Set(wanted.map(({ id }) => id));
      for (const id of there)
        if (!ids.has(id)) await transaction.deleteFrom('policy_grant').where('tenant', '=', tenant).where('id', '=', id).execute();
      for (const grant of wanted)
        if (!there.has(grant.id))
          await transaction
            .insertInto('policy_grant')
            .values(rowOf({ ...grant, tenant }))
            .execute();
    },
    markUsed: (uses) =>
      attempt(() =>
        storage.transact<Tables, null>(async (transaction) => {
          for (const [id, at] of uses) {
            const row = transaction.updateTable('policy_grant').where('id', '=', id);
            await row
              .where((is) => is.or([is('last_used_at', 'is', null), is('last_used_at', '<', at)]))
              .set({ last_used_at: at })
              .execute();
          }
          return null;
        }),
      ),
  };
}

const rowOf = ({ tenant, id, principal, tool, created, by, lastUsed, rules }: StoredGrant): Tables['policy_grant'] => ({
  tenant,
  id,
  principal,
  tool,
  created_at: created,
  created_by: by,
  last_used_at: lastUsed,
  rules: rules === undefined ? null : JSON.stringify(rules),
});

const grantOf = (row: Tables['policy_grant']): StoredGrant => ({
  tenant: row.tenant as TenantId,
  id: row.id,
  principal: row.principal,
  tool: row.tool,
  created: row.created_at,
  by: row.created_by as PrincipalId,
  lastUsed: row.last_used_at,
  // Written by rowOf only, in a database whose pages are authenticated.
  ...(row.rules === null ? {} : { rules: JSON.parse(row.rules) as NonNullable<Grant['rules']> }),
});
