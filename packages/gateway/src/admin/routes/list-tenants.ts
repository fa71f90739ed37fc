import { success } from '../../base/result.ts';
import { page } from '../contract/page.ts';
import { tenant } from '../contract/tenant.ts';
import { get } from '../verb.ts';

export const listTenants = get({
  name: 'tenants.list',
  summary: 'Every tenant beside the default one.',
  path: '/api/v1/tenants',
  params: {},
  body: null,
  query: null,
  gives: { status: 200, body: page(tenant) },
  action: 'identity.tenants.listed',
  run: async ({ doors }) => {
    const tenants = await doors.tenants.list();
    return tenants.ok ? success({ body: { items: tenants.value.map((one) => ({ ...one })), next: null } }) : tenants;
  },
});
