import { success } from '../../base/result.ts';
import { issuedKey, keyId, rotation } from '../contract/key.ts';
import { post } from '../verb.ts';
import { keyView } from './key-view.ts';

/** Makes a successor for a key; the old one works on for the overlap, so that clients can be changed one by one. */
export const rotateKey = post({
  name: 'keys.rotate',
  summary: 'Makes a successor for a key; the old one works on for the overlap.',
  path: '/api/v1/keys/:id/rotate',
  params: { id: keyId },
  body: rotation,
  query: null,
  gives: { status: 201, body: issuedKey },
  action: 'identity.key.rotated',
  run: async ({ params, body, principal, doors }) => {
    const rotated = await doors.identity.rotate(principal.tenant, params['id'] ?? '', principal, {
      overlapMs: body.overlapMinutes * 60_000,
    });
    if (!rotated.ok) return rotated;
    const { key, text, old } = rotated.value;
    if (body.overlapMinutes === 0) doors.onKeyEnded(old.id);
    const after = keyView({ ...key, state: 'live', endsAt: key.expiresAt });
    const before = keyView({ ...old, state: 'replaced', endsAt: Math.min(old.expiresAt, old.overlapEndsAt ?? old.expiresAt) });
    return success({ body: { ...after, secret: text.reveal() }, changed: { before, after } });
  },
});
