import { success } from '../../base/result.ts';
import { serverId } from '../contract/server.ts';
import { remove } from '../verb.ts';
import { serverSummary } from './server-view.ts';

/** Takes a server and its pins away. Calls that run finish; the next one meets an unknown tool. */
export const removeServer = remove({
  name: 'servers.remove',
  path: '/api/v1/servers/:id',
  params: { id: serverId },
  body: null,
  query: null,
  action: 'registry.server.removed',
  run: async ({ params, principal, doors }) => {
    const id = params['id'] ?? '';
    const was = await doors.registry.show(principal.tenant, id);
    if (!was.ok) return was;
    const removed = await doors.registry.remove(principal.tenant, id);
    if (!removed.ok) return removed;
    const applied = await doors.apply();
    if (!applied.ok) return applied;
    const before = serverSummary(was.value);
    return success({ status: 200, body: before, changed: { before, after: null } });
  },
});
