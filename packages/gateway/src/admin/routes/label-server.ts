import { success } from '../../base/result.ts';
import { newLabels, serverDetail, serverId } from '../contract/server.ts';
import { refuseOwned } from '../owned.ts';
import { post } from '../verb.ts';
import { labelFacts, serverDetailView } from './server-view.ts';

/** Says of which class a server's data is and where it runs. Policies read it from the next call on. */
export const labelServer = post({
  name: 'servers.label',
  summary: 'Says of which class the data of a server and of its things is, and where it runs.',
  path: '/api/v1/servers/:id/labels',
  params: { id: serverId },
  body: newLabels,
  query: null,
  gives: { status: 200, body: serverDetail },
  action: 'registry.server.labelled',
  run: async ({ params, body, principal, doors }) => {
    const id = params['id'] ?? '';
    const was = await doors.registry.show(principal.tenant, id);
    if (!was.ok) return was;
    const owned = refuseOwned(doors, 'server', id);
    if (owned !== null) return owned;
    const labelled = await doors.registry.label(principal.tenant, id, body.labels);
    if (!labelled.ok) return labelled;
    const applied = await doors.apply();
    if (!applied.ok) return applied;
    const changed = { before: labelFacts(was.value), after: labelFacts(labelled.value) };
    return success({ body: serverDetailView(labelled.value), object: id, changed });
  },
});
