import { success } from '../../base/result.ts';
import { key } from '../contract/key.ts';
import { page } from '../contract/page.ts';
import { get } from '../verb.ts';
import { keyView } from './key-view.ts';

export const listKeys = get({
  name: 'keys.list',
  summary: 'All keys, those that ended too, without their text.',
  path: '/api/v1/keys',
  params: {},
  body: null,
  query: null,
  gives: { status: 200, body: page(key) },
  action: 'identity.keys.listed',
  run: async ({ principal, doors }) => {
    const keys = await doors.identity.list(principal.tenant);
    return keys.ok ? success({ body: { items: keys.value.map(keyView), next: null } }) : keys;
  },
});
