import { success } from '../../base/result.ts';
import { grantId } from '../contract/grant.ts';
import { remove } from '../verb.ts';
import { grantView } from './grant-view.ts';

export const removeGrant = remove({
  name: 'grants.remove',
  path: '/api/v1/grants/:id',
  params: { id: grantId },
  body: null,
  query: null,
  action: 'policy.grant.removed',
  run: async ({ params, principal, doors }) => {
    const removed = await doors.grants.remove(principal.tenant, params['id'] ?? '');
    if (!removed.ok) return removed;
    const applied = await doors.apply();
    if (!applied.ok) return applied;
    const before = grantView(removed.value);
    return success({ status: 200, body: before, changed: { before, after: null } });
  },
});
