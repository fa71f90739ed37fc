import { success } from '../../base/result.ts';
import { get } from '../verb.ts';

/** Reads the whole log again and says whether every record is as it was written. */
export const verifyLog = get({
  name: 'log.verify',
  path: '/api/v1/log/verify',
  params: {},
  body: null,
  query: null,
  action: 'audit.log.verified',
  run: async ({ principal, doors }) => {
    const verified = await doors.audit.verify(principal.tenant);
    if (!verified.ok) return verified;
    const { damage, ...counts } = verified.value;
    const where = damage === null ? null : `${damage.problem} (record ${damage.index}, segment ${damage.segment}, byte ${damage.offset})`;
    return success({ status: 200, body: { ...counts, damage: where } });
  },
});
