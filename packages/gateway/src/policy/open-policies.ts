import type { Transaction } from 'kysely';
import type { Clock } from '../base/clock.ts';
import type { PrincipalId, TenantId } from '../base/ids.ts';
import { LIMITS } from '../base/limits.ts';
import { failure, type Result, success } from '../base/result.ts';
import type { PolicyReason } from '../contracts/reasons/policy.ts';
import type { StorageReason } from '../contracts/reasons/storage.ts';
import { migrate, type Storage } from '../storage/index.ts';
import { POLICY_MIGRATIONS } from './migrations/index.ts';
import { type CheckedTool, checkPolicies } from './own/check-policies.ts';
import type { OwnPolicy, PolicyMistake } from './own/own-policy.ts';
import { type PolicyFile, readPolicies } from './own/read-policies.ts';
import { type OwnPolicyStore, openOwnPolicyStore, type StoredPolicy } from './own-policy-store.ts';
import { POLICY_SCHEMA } from './schema.ts';

export interface NewPolicies {
  readonly tenant: TenantId;
  /** One policy or several. */
  readonly text: string;
  /** True: those of the same ids are replaced. */
  readonly replace: boolean;
  readonly by: PrincipalId;
}

export interface AddedPolicies {
  readonly added: readonly StoredPolicy[];
  readonly replaced: readonly StoredPolicy[];
}

type Answer<T> = Promise<Result<T, PolicyReason | StorageReason>>;

/** An operator's own policies. After each success the caller builds a new snapshot. */
export interface Policies {
  /**
   * All or none. `owned` are the ids that the configuration's files own. `policy.invalid` with every mistake a line, `policy.id_taken`,
   * `policy.owned_by_file`, `policy.too_many`.
   */
  add(request: NewPolicies, owned: ReadonlySet<string>): Answer<AddedPolicies>;
  /** Puts back what a change took away, for a change that could not be put in force. */
  restore(tenant: TenantId, added: readonly StoredPolicy[], replaced: readonly StoredPolicy[]): Answer<null>;
  /** `policy.unknown`. */
  remove(tenant: TenantId, id: string): Answer<StoredPolicy>;
  list(tenant: TenantId): Promise<Result<readonly StoredPolicy[], StorageReason>>;
  /** Makes the policies these and no others, with whatever else the transaction writes. */
  putWithin(transaction: Transaction<unknown>, tenant: TenantId, wanted: readonly StoredPolicy[]): Promise<void>;
}

export interface PoliciesDeps {
  readonly storage: Storage;
  readonly clock: Clock;
  /** The tools that are approved now: what policies are held against. */
  readonly tools: (tenant: TenantId) => readonly CheckedTool[];
}

export async function openPolicies(deps: PoliciesDeps): Promise<Result<Policies, StorageReason>> {
  const migrated = await migrate(deps.storage, 'policy', POLICY_MIGRATIONS);
  if (!migrated.ok) return migrated;
  const store = openOwnPolicyStore(deps.storage);
  return success({
    add: (request, owned) => add(store, deps, request, owned),
    restore: (tenant, added, replaced) => restore(store, tenant, added, replaced),
    remove: async (tenant, id) => {
      const removed = await store.remove(tenant, id);
      if (!removed.ok) return removed;
      return removed.value === null ? failure('policy.unknown', id.slice(0, 64)) : success(removed.value);
    },
    list: (tenant) => store.list(tenant),
    putWithin: (transaction, tenant, wanted) => store.putWithin(transaction, tenant, wanted),
  });
}

async function add(
  store: OwnPolicyStore,
  { clock, tools }: PoliciesDeps,
  { tenant, text, replace, by }: NewPolicies,
  owned: ReadonlySet<string>,
): Answer<AddedPolicies> {
  const checked = loadPolicies([{ file: null, text }], tools(tenant));
  if (checked.mistakes.length > 0) return failure('policy.invalid', mistakesText(checked.mistakes));
  if (checked.policies.length === 0) return failure('policy.invalid', 'the text holds no policy');
  const taken = checked.policies.find(({ id }) => owned.has(id));
  if (taken !== undefined) return failure('policy.owned_by_file', taken.id);
  const created = clock.now();
  const added = checked.policies.map(({ id, text: own }): StoredPolicy => ({ tenant, id, text: own, created, by }));
  const stored = await store.add(added, replace, LIMITS.policies);
  if (!stored.ok) return stored;
  if (stored.value === 'full') return failure('policy.too_many', `at most ${LIMITS.policies}`);
  if ('taken' in stored.value) return failure('policy.id_taken', stored.value.taken);
  return success({ added, replaced: stored.value.replaced });
}

async function restore(
  store: OwnPolicyStore,
  tenant: TenantId,
  added: readonly StoredPolicy[],
  replaced: readonly StoredPolicy[],
): Answer<null> {
  for (const { id } of added) {
    const removed = await store.remove(tenant, id);
    if (!removed.ok) return removed;
  }
  if (replaced.length === 0) return success(null);
  const back = await store.add(replaced, true, LIMITS.policies);
  return back.ok ? success(null) : back;
}

export interface LoadedPolicies {
  readonly policies: readonly OwnPolicy[];
  /** Every mistake of every file, in order. With any of them the policies must not be used. */
  readonly mistakes: readonly PolicyMistake[];
}

/**
 * Reads and checks files of policies. `tools` are those that are approved; where none are known (a check without a running gateway) what policies say of
 * arguments is not held against anybody's schema.
 */
export function loadPolicies(files: readonly PolicyFile[], tools: readonly CheckedTool[]): LoadedPolicies {
  const { policies, mistakes } = readPolicies(files);
  const unfit = checkPolicies(POLICY_SCHEMA, policies, tools).map(({ mistake }) => mistake);
  const all = [...mistakes, ...unfit];
  return { policies: policies.map(({ id, text, place }) => ({ id, text, place })), mistakes: all };
}

const MOST_TOLD = 20;

export function mistakesText(mistakes: readonly PolicyMistake[]): string {
  const told = mistakes.slice(0, MOST_TOLD).map(mistakeText);
  return [...told, ...(mistakes.length > MOST_TOLD ? [`and ${mistakes.length - MOST_TOLD} more`] : [])].join('\n');
}

/** `policies/team.cedar:8:6 team-folders: departmnt: no such attribute on Principal; it has purpose, tenant`. */
export const mistakeText = ({ file, line, column, policy, what }: PolicyMistake): string =>
  `${file === null ? '' : `${file}:`}${line}:${column}${policy === null ? '' : ` ${policy}`}: ${what}`;
