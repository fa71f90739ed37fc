import type { TenantId } from '../../base/ids.ts';
import { type Result, success } from '../../base/result.ts';
import type { Reason } from '../../contracts/reasons/index.ts';
import type { Policy } from '../contract/policy.ts';
import type { AdminDoors } from '../doors.ts';

/** The operator's policies that are in force, with who wrote those that came through the API. */
export async function policyViews(doors: AdminDoors, tenant: TenantId): Promise<Result<readonly Policy[], Reason>> {
  const stored = await doors.policies.list(tenant);
  if (!stored.ok) return stored;
  const written = new Map(stored.value.map((policy) => [policy.id, policy]));
  return success(
    doors.current(tenant).policy.own.map(({ id, effect, text, place, message, problems }) => {
      const row = place.file === null ? written.get(id) : undefined;
      const author = { by: row?.by ?? null, createdAt: row?.created ?? null };
      return { id, effect, text, ...place, message, problems: [...problems], ...author };
    }),
  );
}
