import { success } from '../../base/result.ts';
import { serverDetail, serverId } from '../contract/server.ts';
import { get } from '../verb.ts';
import { serverDetailView } from './server-view.ts';

export const showServer = get({
  name: 'servers.show',
  summary: 'One server with its tools.',
  path: '/api/v1/servers/:id',
  params: { id: serverId },
  body: null,
  query: null,
  gives: { status: 200, body: serverDetail },
  action: 'registry.server.shown',
  run: async ({ params, principal, doors }) => {
    const server = await doors.registry.show(principal.tenant, params['id'] ?? '');
    return server.ok ? success({ body: serverDetailView(server.value) }) : server;
  },
});
