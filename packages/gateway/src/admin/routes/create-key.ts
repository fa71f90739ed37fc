import { DEFAULT_TENANT } from '../../base/ids.ts';
import { failure, type Result, success } from '../../base/result.ts';
import type { Principal } from '../../contracts/principal.ts';
import type { Reason } from '../../contracts/reasons/index.ts';
import type { IssuedKey, KeyRequest } from '../../identity/index.ts';
import { issuedKey, type NewKey, newKey } from '../contract/key.ts';
import type { AdminDoors } from '../doors.ts';
import { refuseOwned } from '../owned.ts';
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
    const made = await makeKey(doors, body, principal, clock.now());
    if (!made.ok) return made;
    const { key, text } = made.value;
    const after = keyView({ ...key, state: 'live', endsAt: key.expiresAt });
    return success({ body: { ...after, secret: text.reveal() }, object: after.id, changed: { before: null, after } });
  },
});

export const keyRequestOf = ({ networks, expiresInDays, roles = [], scopes = [], ...rest }: NewKey, now: number): KeyRequest => ({
  ...rest,
  roles,
  scopes: scopes.map(({ rules, ...scope }) => ({ ...scope, ...(rules === undefined ? {} : { rules }) })),
  cidrs: networks,
  ...(expiresInDays === undefined ? {} : { expiresAt: now + expiresInDays * DAY_MS }),
});

/** The file says all of an account but how long one key of it lives; whoever says more is told the line. */
async function makeKey(
  { identity, configuring }: AdminDoors,
  body: NewKey,
  by: Principal,
  now: number,
): Promise<Result<IssuedKey, Reason>> {
  const { name, roles, scopes, methods, networks, owner, expiresInDays } = body;
  const owned = by.tenant === DEFAULT_TENANT ? refuseOwned({ configuring }, 'account', name) : null;
  if (owned === null) {
    if (roles === undefined && scopes === undefined)
      return failure('identity.invalid_request', 'roles and scopes, or the name of an account that the configuration file names');
    return identity.create(by.tenant, keyRequestOf(body, now), by);
  }
  const isOwn = [roles, scopes].some((part) => part !== undefined) || [methods, networks, owner].some((part) => part !== null);
  if (isOwn) return owned;
  return configuring.issue(name, expiresInDays === undefined ? {} : { expiresAt: now + expiresInDays * DAY_MS }, by);
}
