import { success } from '../../base/result.ts';
import { keyId, rotation } from '../contract/key.ts';
import { post } from '../verb.ts';

/** Makes a successor for a key; the old one works on for the overlap, so that clients can be changed one by one. */
export const rotateKey = post({
  name: 'keys.rotate',
  path: '/api/v1/keys/:id/rotate',
  params: { id: keyId },
  body: rotation,
  query: null,
  action: 'identity.key.rotated',
  run: async ({ params, body, principal, doors }) => {
    const made = await doors.keys.rotate(principal.tenant, params['id'] ?? '', body.overlapMinutes * 60_000, principal);
    if (!made.ok) return made;
    return success({ status: 201, body: made.value, changed: { before: { id: params['id'] ?? '' }, after: made.value } });
  },
});
