import { success } from '../../base/result.ts';
import { server, serverId } from '../contract/server.ts';
import { refuseOwned } from '../owned.ts';
import { remove } from '../verb.ts';
import { serverSummary } from './server-view.ts';

/** Takes a server and its pins away. Calls that run finish; the next one meets an unknown tool. */
export const removeServer = remove({
  name: 'servers.remove',
  summary: 'Takes a server and its pins away. Calls that run finish.',
  path: '/api/v1/servers/:id',
  params: { id: serverId },
  body: null,
  query: null,
  gives: { status: 200, body: server },
  action: 'registry.server.removed',
  run: async ({ params, principal, doors }) => {
    const id = params['id'] ?? '';
    const owned = refuseOwned(doors, 'server', id);
    if (owned !== null) return owned;
    const was = await doors.registry.show(principal.tenant, id);
    if (!was.ok) return was;
    const removed = await doors.registry.remove(principal.tenant, id);
    if (!removed.ok) return removed;
    const applied = await doors.apply();
    if (!applied.ok) return applied;
    const before = serverSummary(was.value);
    return success({ body: before, changed: { before, after: null } });
  },
});
