import { success } from '../../base/result.ts';
import { key, keyId } from '../contract/key.ts';
import { post } from '../verb.ts';
import { keyView } from './key-view.ts';

/** Ends a key: it is refused from the next request on. */
export const revokeKey = post({
  name: 'keys.revoke',
  summary: 'Ends a key: it is refused from the next request on.',
  path: '/api/v1/keys/:id/revoke',
  params: { id: keyId },
  body: null,
  query: null,
  gives: { status: 200, body: key },
  action: 'identity.key.revoked',
  run: async ({ params, principal, doors }) => {
    const id = params['id'] ?? '';
    const was = await doors.identity.list(principal.tenant);
    if (!was.ok) return was;
    const revoked = await doors.identity.revoke(principal.tenant, id, principal);
    if (!revoked.ok) return revoked;
    doors.onKeyEnded(revoked.value.id);
    const before = was.value.find((key) => key.id === id);
    const after = keyView({ ...revoked.value, state: 'revoked', endsAt: revoked.value.revokedAt ?? revoked.value.expiresAt });
    return success({ body: after, changed: { before: before === undefined ? null : keyView(before), after } });
  },
});
