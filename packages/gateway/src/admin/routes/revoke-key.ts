import { success } from '../../base/result.ts';
import { keyId } from '../contract/key.ts';
import { post } from '../verb.ts';

/** Ends a key: it is refused from the next request on. */
export const revokeKey = post({
  name: 'keys.revoke',
  path: '/api/v1/keys/:id/revoke',
  params: { id: keyId },
  body: null,
  query: null,
  action: 'identity.key.revoked',
  run: async ({ params, principal, doors }) => {
    const before = await doors.keys.revoke(principal.tenant, params['id'] ?? '');
    if (!before.ok) return before;
    const after = { ...before.value, state: 'revoked' as const };
    return success({ status: 200, body: after, changed: { before: before.value, after } });
  },
});
