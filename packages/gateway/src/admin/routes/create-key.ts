import { success } from '../../base/result.ts';
import type { KeyRequest } from '../../identity/index.ts';
import { issuedKey, type NewKey, newKey } from '../contract/key.ts';
import { post } from '../verb.ts';
import { keyView } from './key-view.ts';

const DAY_MS = 86_400_000;

/** Makes a key. The answer is the one place where its text stands. */
export const createKey = post({
  name: 'keys.create',
  summary: 'Makes a key. The answer is the one place where its text stands.',
  path: '/api/v1/keys',
  params: {},
  body: newKey,
  query: null,
  gives: { status: 201, body: issuedKey },
  action: 'identity.key.created',
  run: async ({ body, principal, doors, clock }) => {
    const made = await doors.identity.create(principal.tenant, keyRequestOf(body, clock.now()), principal);
    if (!made.ok) return made;
    const { key, text } = made.value;
    const after = keyView({ ...key, state: 'live', endsAt: key.expiresAt });
    return success({ body: { ...after, secret: text.reveal() }, object: after.id, changed: { before: null, after } });
  },
});

export const keyRequestOf = ({ networks, expiresInDays, scopes, ...rest }: NewKey, now: number): KeyRequest => ({
  ...rest,
  scopes: scopes.map(({ rules, ...scope }) => ({ ...scope, ...(rules === undefined ? {} : { rules }) })),
  cidrs: networks,
  ...(expiresInDays === undefined ? {} : { expiresAt: now + expiresInDays * DAY_MS }),
});
