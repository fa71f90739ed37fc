import { success } from '../../base/result.ts';
import { newLimits, serverDetail, serverId } from '../contract/server.ts';
import { refuseOwned } from '../owned.ts';
import { post } from '../verb.ts';
import { limitFacts, serverDetailView } from './server-view.ts';

/** Says what a server and its tools are asked at most. It holds from the next call on. */
export const limitServer = post({
  name: 'servers.limit',
  summary: 'Says what a server and its tools are asked at most.',
  path: '/api/v1/servers/:id/limits',
  params: { id: serverId },
  body: newLimits,
  query: null,
  gives: { status: 200, body: serverDetail },
  action: 'registry.server.limited',
  run: async ({ params, body, principal, doors }) => {
    const id = params['id'] ?? '';
    const was = await doors.registry.show(principal.tenant, id);
    if (!was.ok) return was;
    const owned = refuseOwned(doors, 'server', id);
    if (owned !== null) return owned;
    const limited = await doors.registry.limit(principal.tenant, id, body.limits);
    if (!limited.ok) return limited;
    const applied = await doors.apply();
    if (!applied.ok) return applied;
    const changed = { before: limitFacts(was.value), after: limitFacts(limited.value) };
    return success({ body: serverDetailView(limited.value), object: id, changed });
  },
});
