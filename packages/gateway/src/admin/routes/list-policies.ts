import { success } from '../../base/result.ts';
import { page } from '../contract/page.ts';
import { policy } from '../contract/policy.ts';
import { get } from '../verb.ts';
import { policyViews } from './policy-views.ts';

export const listPolicies = get({
  name: 'policies.list',
  summary: "Lists the operator's own policies that are in force, those of the configuration's files among them.",
  path: '/api/v1/policies',
  params: {},
  body: null,
  query: null,
  gives: { status: 200, body: page(policy) },
  action: 'policy.policies.listed',
  run: async ({ principal, doors }) => {
    const views = await policyViews(doors, principal.tenant);
    return views.ok ? success({ body: { items: [...views.value], next: null } }) : views;
  },
});
