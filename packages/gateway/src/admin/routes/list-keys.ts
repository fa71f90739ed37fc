import { success } from '../../base/result.ts';
import { get } from '../verb.ts';
import { keyView } from './key-view.ts';

export const listKeys = get({
  name: 'keys.list',
  path: '/api/v1/keys',
  params: {},
  body: null,
  query: null,
  action: 'identity.keys.listed',
  run: async ({ principal, doors }) => {
    const keys = await doors.identity.list(principal.tenant);
    return keys.ok ? success({ status: 200, body: { items: keys.value.map(keyView), next: null } }) : keys;
  },
});
