import { success } from '../../base/result.ts';
import { newServer, serverDetail } from '../contract/server.ts';
import { tenantId } from '../contract/tenant.ts';
import { post } from '../verb.ts';
import { findTenant } from './find-tenant.ts';
import { serverDetailView, serverSummary } from './server-view.ts';

/** Registers a server of a tenant. The operator does it, because a server is a program that runs as the gateway's user, or an address that it reaches. */
export const registerTenantServer = post({
  name: 'tenants.register',
  summary: 'Registers a server of a tenant and pins what it offers.',
  path: '/api/v1/tenants/:id/servers',
  params: { id: tenantId },
  body: newServer,
  query: null,
  gives: { status: 201, body: serverDetail },
  action: 'registry.tenant.server_registered',
  run: async ({ params, body, principal, doors }) => {
    const tenant = await findTenant(doors, params['id'] ?? '');
    if (!tenant.ok) return tenant;
    const noted = await doors.tenants.note(tenant.value, 'registry.tenant.server_made', principal);
    if (!noted.ok) return noted;
    const registered = await doors.registry.register(tenant.value, body);
    if (!registered.ok) return registered;
    const applied = await doors.apply(undefined, tenant.value);
    if (!applied.ok) return applied;
    const after = serverSummary(registered.value);
    return success({ body: serverDetailView(registered.value), object: tenant.value, changed: { before: null, after } });
  },
});
