import { failure, success } from '../../base/result.ts';
import { policy, policyId } from '../contract/policy.ts';
import { remove } from '../verb.ts';
import { policyViews } from './policy-views.ts';

export const removePolicy = remove({
  name: 'policies.remove',
  summary: 'Takes a policy away. One that a file of the configuration owns is taken out there.',
  path: '/api/v1/policies/:id',
  params: { id: policyId },
  body: null,
  query: null,
  gives: { status: 200, body: policy },
  action: 'policy.policy.removed',
  run: async ({ params, principal, doors }) => {
    const views = await policyViews(doors, principal.tenant);
    if (!views.ok) return views;
    const before = views.value.find(({ id }) => id === params['id']);
    if (before === undefined) return failure('policy.unknown');
    if (before.file !== null) return failure('policy.owned_by_file', `${before.file}:${before.line}`);
    const removed = await doors.policies.remove(principal.tenant, before.id);
    if (!removed.ok) return removed;
    const applied = await doors.apply();
    if (!applied.ok) {
      const restored = await doors.policies.restore(principal.tenant, [], [removed.value]);
      return restored.ok ? applied : restored;
    }
    return success({ body: before, changed: { before: { id: before.id, text: before.text }, after: null } });
  },
});
