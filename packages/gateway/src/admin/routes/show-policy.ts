import { failure, success } from '../../base/result.ts';
import { policy, policyId } from '../contract/policy.ts';
import { get } from '../verb.ts';
import { policyViews } from './policy-views.ts';

export const showPolicy = get({
  name: 'policies.show',
  summary: 'Shows one policy with its text and what about it does not fit what is there now.',
  path: '/api/v1/policies/:id',
  params: { id: policyId },
  body: null,
  query: null,
  gives: { status: 200, body: policy },
  action: 'policy.policy.shown',
  run: async ({ params, principal, doors }) => {
    const views = await policyViews(doors, principal.tenant);
    if (!views.ok) return views;
    const found = views.value.find(({ id }) => id === params['id']);
    return found === undefined ? failure('policy.unknown') : success({ body: found });
  },
});
