import { success } from '../../base/result.ts';
import { grant } from '../contract/grant.ts';
import { page } from '../contract/page.ts';
import { get } from '../verb.ts';
import { grantView } from './grant-view.ts';

export const listGrants = get({
  name: 'grants.list',
  summary: 'All grants.',
  path: '/api/v1/grants',
  params: {},
  body: null,
  query: null,
  gives: { status: 200, body: page(grant) },
  action: 'policy.grants.listed',
  run: async ({ principal, doors }) => {
    const grants = await doors.grants.list(principal.tenant);
    return grants.ok ? success({ body: { items: [...doors.configuring.grants(), ...grants.value].map(grantView), next: null } }) : grants;
  },
});
