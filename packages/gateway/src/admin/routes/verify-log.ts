import { success } from '../../base/result.ts';
import { verification } from '../contract/record.ts';
import { get } from '../verb.ts';

/** Reads the whole log again and says whether every record is as it was written. */
export const verifyLog = get({
  name: 'log.verify',
  summary: 'Reads the whole log again and says whether every record is as it was written.',
  path: '/api/v1/log/verify',
  params: {},
  body: null,
  query: null,
  gives: { status: 200, body: verification },
  action: 'audit.log.verified',
  run: async ({ principal, doors }) => {
    const verified = await doors.audit.verify(principal.tenant);
    if (!verified.ok) return verified;
    const { damage, ...counts } = verified.value;
    const where = damage === null ? null : `${damage.problem} (record ${damage.index}, segment ${damage.segment}, byte ${damage.offset})`;
    return success({ body: { ...counts, damage: where } });
  },
});
