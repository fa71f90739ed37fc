import { success } from '../../base/result.ts';
import type { Status } from '../contract/status.ts';
import { get } from '../verb.ts';

const SOON_MS = 7 * 86_400_000;

export const showStatus = get({
  name: 'status.show',
  path: '/api/v1/status',
  params: {},
  body: null,
  query: null,
  action: 'gateway.status.shown',
  run: async ({ principal, doors, clock }) => {
    const keys = await doors.identity.list(principal.tenant);
    if (!keys.ok) return keys;
    const now = clock.now();
    const keysEnding = keys.value
      .filter((key) => key.state === 'live' && key.endsAt - now <= SOON_MS)
      .sort((a, b) => a.endsAt - b.endsAt)
      .map(({ id, name, endsAt }) => ({ id, name, expiresAt: endsAt }));
    const keysDisclosed = keys.value.flatMap(({ id, name, state, disclosedAt }) =>
      state === 'live' && disclosedAt !== null ? [{ id, name, disclosedAt }] : [],
    );
    const shown: Status = { ...doors.status(), keysEnding, keysDisclosed };
    return success({ status: 200, body: shown });
  },
});
