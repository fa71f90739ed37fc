import { success } from '../../base/result.ts';
import { page } from '../contract/page.ts';
import { server } from '../contract/server.ts';
import { get } from '../verb.ts';
import { serverSummary } from './server-view.ts';

export const listServers = get({
  name: 'servers.list',
  summary: 'All servers, with how many tools of each are in which state.',
  path: '/api/v1/servers',
  params: {},
  body: null,
  query: null,
  gives: { status: 200, body: page(server) },
  action: 'registry.servers.listed',
  run: async ({ principal, doors }) => {
    const servers = await doors.registry.list(principal.tenant);
    return servers.ok ? success({ body: { items: servers.value.map(serverSummary), next: null } }) : servers;
  },
});
