import { success } from '../../base/result.ts';
import { grant, grantId } from '../contract/grant.ts';
import { refuseOwned } from '../owned.ts';
import { remove } from '../verb.ts';
import { grantView } from './grant-view.ts';

export const removeGrant = remove({
  name: 'grants.remove',
  summary: 'Takes a grant away.',
  path: '/api/v1/grants/:id',
  params: { id: grantId },
  body: null,
  query: null,
  gives: { status: 200, body: grant },
  action: 'policy.grant.removed',
  run: async ({ params, principal, doors }) => {
    const id = params['id'] ?? '';
    const owned = refuseOwned(doors, 'grant', id);
    if (owned !== null) return owned;
    const removed = await doors.grants.remove(principal.tenant, id);
    if (!removed.ok) return removed;
    const applied = await doors.apply();
    if (!applied.ok) return applied;
    const before = grantView(removed.value);
    return success({ body: before, changed: { before, after: null } });
  },
});
