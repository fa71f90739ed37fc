import { success } from '../../base/result.ts';
import { get } from '../verb.ts';
import { grantView } from './grant-view.ts';

export const listGrants = get({
  name: 'grants.list',
  path: '/api/v1/grants',
  params: {},
  body: null,
  query: null,
  action: 'policy.grants.listed',
  run: async ({ principal, doors }) => {
    const grants = await doors.grants.list(principal.tenant);
    return grants.ok ? success({ status: 200, body: { items: grants.value.map(grantView), next: null } }) : grants;
  },
});
