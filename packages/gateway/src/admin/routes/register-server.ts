import { success } from '../../base/result.ts';
import { newServer, serverDetail } from '../contract/server.ts';
import { refuseOwned } from '../owned.ts';
import { post } from '../verb.ts';
import { serverDetailView, serverSummary } from './server-view.ts';

/** Registers a server and pins what it offers. It answers calls once the new snapshot stands. */
export const registerServer = post({
  name: 'servers.register',
  summary: 'Registers a server and pins what it offers.',
  path: '/api/v1/servers',
  params: {},
  body: newServer,
  query: null,
  gives: { status: 201, body: serverDetail },
  action: 'registry.server.registered',
  run: async ({ body, principal, doors }) => {
    const owned = refuseOwned(doors, 'server', body.id);
    if (owned !== null) return owned;
    const registered = await doors.registry.register(principal.tenant, body);
    if (!registered.ok) return registered;
    const applied = await doors.apply();
    if (!applied.ok) return applied;
    const after = serverSummary(registered.value);
    return success({ body: serverDetailView(registered.value), object: after.id, changed: { before: null, after } });
  },
});
