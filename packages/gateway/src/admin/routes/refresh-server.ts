import { success } from '../../base/result.ts';
import { serverDetail, serverId } from '../contract/server.ts';
import { post } from '../verb.ts';
import { serverDetailView, serverSummary } from './server-view.ts';

/** Looks again at what a server offers. Nothing new is offered to anybody before it is approved. */
export const refreshServer = post({
  name: 'servers.refresh',
  summary: 'Looks again at what a server offers. Nothing new is offered to anybody before it is approved.',
  path: '/api/v1/servers/:id/refresh',
  params: { id: serverId },
  body: null,
  query: null,
  gives: { status: 200, body: serverDetail },
  action: 'registry.server.refreshed',
  run: async ({ params, principal, doors }) => {
    const id = params['id'] ?? '';
    const was = await doors.registry.show(principal.tenant, id);
    if (!was.ok) return was;
    const server = await doors.registry.refresh(principal.tenant, id, null);
    if (!server.ok) return server;
    const applied = await doors.apply();
    if (!applied.ok) return applied;
    const changed = { before: serverSummary(was.value).toolCounts, after: serverSummary(server.value).toolCounts };
    return success({ body: serverDetailView(server.value), changed });
  },
});
