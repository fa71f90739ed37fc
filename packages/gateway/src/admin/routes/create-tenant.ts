import { success } from '../../base/result.ts';
import { newTenant, tenant } from '../contract/tenant.ts';
import { post } from '../verb.ts';

/** Makes a tenant. It has no servers and no keys until the operator makes some. */
export const createTenant = post({
  name: 'tenants.create',
  summary: 'Makes a tenant, which has nothing and nobody yet.',
  path: '/api/v1/tenants',
  params: {},
  body: newTenant,
  query: null,
  gives: { status: 201, body: tenant },
  action: 'identity.tenant.created',
  run: async ({ body, principal, doors }) => {
    const made = await doors.tenants.create(body, principal);
    if (!made.ok) return made;
    const after = { ...made.value };
    return success({ body: after, object: after.id, changed: { before: null, after } });
  },
});
