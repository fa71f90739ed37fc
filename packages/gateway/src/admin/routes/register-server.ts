import { success } from '../../base/result.ts';
import { newServer } from '../contract/server.ts';
import { post } from '../verb.ts';
import { serverDetail, serverSummary } from './server-view.ts';

/** Registers a server and pins what it offers. It answers calls once the new snapshot stands. */
export const registerServer = post({
  name: 'servers.register',
  path: '/api/v1/servers',
  params: {},
  body: newServer,
  query: null,
  action: 'registry.server.registered',
  run: async ({ body, principal, doors }) => {
    const registered = await doors.registry.register(principal.tenant, body);
    if (!registered.ok) return registered;
    const applied = await doors.apply();
    if (!applied.ok) return applied;
    const after = serverSummary(registered.value);
    return success({ status: 201, body: serverDetail(registered.value), object: after.id, changed: { before: null, after } });
  },
});
