import { success } from '../../base/result.ts';
import type { Status } from '../contract/status.ts';
import { status } from '../contract/status.ts';
import { get } from '../verb.ts';

const SOON_MS = 7 * 86_400_000;

export const showStatus = get({
  name: 'status.show',
  summary: 'How the gateway stands now.',
  path: '/api/v1/status',
  params: {},
  body: null,
  query: null,
  gives: { status: 200, body: status },
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
    const shown: Status = { ...doors.status(), now, keysEnding, keysDisclosed };
    return success({ body: shown });
  },
});
