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
    const verified = await doors.log.verify(principal.tenant);
    return verified.ok ? success({ status: 200, body: verified.value }) : verified;
  },
});
