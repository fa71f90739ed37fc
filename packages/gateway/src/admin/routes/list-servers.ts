import { success } from '../../base/result.ts';
import { get } from '../verb.ts';
import { serverSummary } from './server-view.ts';

export const listServers = get({
  name: 'servers.list',
  path: '/api/v1/servers',
  params: {},
  body: null,
  query: null,
  action: 'registry.servers.listed',
  run: async ({ principal, doors }) => {
    const servers = await doors.registry.list(principal.tenant);
    return servers.ok ? success({ status: 200, body: { items: servers.value.map(serverSummary), next: null } }) : servers;
  },
});
