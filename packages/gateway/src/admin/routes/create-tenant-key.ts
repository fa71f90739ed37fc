import { success } from '../../base/result.ts';
import { issuedKey, newKey } from '../contract/key.ts';
import { tenantId } from '../contract/tenant.ts';
import { post } from '../verb.ts';
import { keyRequestOf } from './create-key.ts';
import { findTenant } from './find-tenant.ts';
import { keyView } from './key-view.ts';

/** Makes a key of a tenant: its first administrator, or one that lost theirs. The tenant's own log says so. */
export const createTenantKey = post({
  name: 'tenants.key',
  summary: 'Makes a key of a tenant, such as that of its first administrator.',
  path: '/api/v1/tenants/:id/keys',
  params: { id: tenantId },
  body: newKey,
  query: null,
  gives: { status: 201, body: issuedKey },
  action: 'identity.tenant.key_created',
  run: async ({ params, body, principal, doors, clock }) => {
    const tenant = await findTenant(doors, params['id'] ?? '');
    if (!tenant.ok) return tenant;
    const noted = await doors.tenants.note(tenant.value, 'identity.tenant.key_made', principal);
    if (!noted.ok) return noted;
    const made = await doors.identity.create(tenant.value, keyRequestOf(body, clock.now()), 'system');
    if (!made.ok) return made;
    const { key, text } = made.value;
    const after = keyView({ ...key, state: 'live', endsAt: key.expiresAt });
    return success({ body: { ...after, secret: text.reveal() }, object: tenant.value, changed: { before: null, after } });
  },
});
