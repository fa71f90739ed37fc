import { success } from '../../base/result.ts';
import { serverId } from '../contract/server.ts';
import { get } from '../verb.ts';
import { serverDetail } from './server-view.ts';

export const showServer = get({
  name: 'servers.show',
  path: '/api/v1/servers/:id',
  params: { id: serverId },
  body: null,
  query: null,
  action: 'registry.server.shown',
  run: async ({ params, principal, doors }) => {
    const server = await doors.registry.show(principal.tenant, params['id'] ?? '');
    return server.ok ? success({ status: 200, body: serverDetail(server.value) }) : server;
  },
});
