import { success } from '../../base/result.ts';
import { chain } from '../contract/config.ts';
import { get } from '../verb.ts';

export const verifyVersions = get({
  name: 'config.verify',
  summary: 'Walks the whole history: every version is as it was stored and follows the one before, and storage says what the newest says.',
  path: '/api/v1/config/verify',
  params: {},
  body: null,
  query: null,
  gives: { status: 200, body: chain },
  action: 'config.history.verified',
  run: async ({ principal, doors }) => {
    const verified = await doors.versions.verify(principal.tenant);
    return verified.ok ? success({ body: { versions: verified.value } }) : verified;
  },
});
