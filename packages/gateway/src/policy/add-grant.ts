import { type ArgumentRule, mistakeInRules } from '../base/argument-rules.ts';
import type { Clock } from '../base/clock.ts';
import { isServerId, type PrincipalId, type TenantId, ulid } from '../base/ids.ts';
import { LIMITS } from '../base/limits.ts';
import { failure, type Result, success } from '../base/result.ts';
import type { PolicyReason } from '../contracts/reasons/policy.ts';
import type { StorageReason } from '../contracts/reasons/storage.ts';
import type { GrantStore, StoredGrant } from './store.ts';

export interface GrantRequest {
  readonly tenant: TenantId;
  readonly principal: PrincipalId;
  /** Qualified: `server__name`. No wildcard: a grant names its tool. */
  readonly tool: string;
  /** What the arguments have to be; absent: any that the tool takes. */
  readonly rules?: readonly ArgumentRule[];
  readonly by: PrincipalId;
}

/**
 * Gives one principal one tool, whatever its effect. It holds from the next snapshot on. The tool need not exist yet, and is only
 * permitted once it is approved. `policy.invalid`, `policy.grant_taken`, `policy.too_many_grants`.
 */
export async function addGrant(
  deps: { readonly store: GrantStore; readonly clock: Clock },
  request: GrantRequest,
): Promise<Result<StoredGrant, PolicyReason | StorageReason>> {
  const mistake = mistakeIn(request);
  if (mistake !== null) return failure('policy.invalid', mistake);
  const created = deps.clock.now();
  const grant: StoredGrant = { ...request, id: ulid(created), created, lastUsed: null };
  const added = await deps.store.add(grant, LIMITS.grants);
  if (!added.ok) return added;
  if (added.value === 'taken') return failure('policy.grant_taken', 'this principal has a grant for this tool');
  if (added.value === 'full') return failure('policy.too_many_grants', `at most ${LIMITS.grants}`);
  return success(grant);
}

function mistakeIn({ principal, tool, by, rules }: GrantRequest): string | null {
  const rule = rules === undefined ? null : mistakeInRules(rules);
  if (rule !== null) return rule;
  const split = tool.indexOf('__');
  if (split < 0 || !isServerId(tool.slice(0, split)) || split + 2 === tool.length) return 'the tool must be named as server__name';
  if (Buffer.byteLength(tool) > LIMITS.nameBytes) return 'the name of the tool is too long';
  const isId = (text: string): boolean => text.length > 0 && text.length <= 128;
  return isId(principal) && isId(by) ? null : 'the principal has no valid id';
}
