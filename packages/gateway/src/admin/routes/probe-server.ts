import { success } from '../../base/result.ts';
import { newServer, serverDetail } from '../contract/server.ts';
import { post } from '../verb.ts';
import { serverDetailView } from './server-view.ts';

/** Starts a server once and answers what it offers, so that its effects can be decided before it is registered. */
export const probeServer = post({
  name: 'servers.probe',
  summary: 'Starts a server once and answers what it offers. Nothing is registered.',
  path: '/api/v1/probes',
  params: {},
  body: newServer,
  query: null,
  gives: { status: 200, body: serverDetail },
  action: 'registry.server.probed',
  run: async ({ body, principal, doors }) => {
    const probed = await doors.registry.probe(principal.tenant, body);
    if (!probed.ok) return probed;
    return success({ body: serverDetailView(probed.value), object: probed.value.registration.id, changed: { before: null, after: null } });
  },
});
