import { DEFAULT_TENANT, type TenantId } from '../../base/ids.ts';
import { type Result, success } from '../../base/result.ts';
import type { Reason } from '../../contracts/reasons/index.ts';
import { type Verification, verification } from '../contract/record.ts';
import type { AdminDoors } from '../doors.ts';
import { get } from '../verb.ts';

/** Reads the whole log again and says whether every record is as it was written. */
export const verifyLog = get({
  name: 'log.verify',
  summary: 'Reads the whole log again and says whether every record is as it was written; for the operator, that of every tenant.',
  path: '/api/v1/log/verify',
  params: {},
  body: null,
  query: null,
  gives: { status: 200, body: verification },
  action: 'audit.log.verified',
  run: async ({ principal, doors }) => {
    const own = await verifiedOf(doors, principal.tenant);
    if (!own.ok) return own;
    // The operator answers for the whole gateway; nobody else learns that there is another log.
    const others = principal.tenant === DEFAULT_TENANT ? await doors.tenants.list() : success([]);
    if (!others.ok) return others;
    const tenants: Verified[] = [];
    for (const { id } of others.value) {
      const other = await verifiedOf(doors, id);
      if (!other.ok) return other;
      tenants.push(other.value);
    }
    return success({ body: { ...own.value, tenants } });
  },
});

type Verified = Omit<Verification, 'tenants'>;

async function verifiedOf({ audit }: Pick<AdminDoors, 'audit'>, tenant: TenantId): Promise<Result<Verified, Reason>> {
  const verified = await audit.verify(tenant);
  if (!verified.ok) return verified;
  const { damage, ...counts } = verified.value;
  const where = damage === null ? null : `${damage.problem} (record ${damage.index}, segment ${damage.segment}, byte ${damage.offset})`;
  return success({ ...counts, damage: where });
}
