import { success } from '../../base/result.ts';
import { newKey } from '../contract/key.ts';
import { post } from '../verb.ts';

/** Makes a key. The answer is the one place where its text stands. */
export const createKey = post({
  name: 'keys.create',
  path: '/api/v1/keys',
  params: {},
  body: newKey,
  query: null,
  action: 'identity.key.created',
  run: async ({ body, principal, doors }) => {
    const made = await doors.keys.create(body, principal);
    if (!made.ok) return made;
    return success({ status: 201, body: made.value, object: made.value.id, changed: { before: null, after: made.value } });
  },
});
