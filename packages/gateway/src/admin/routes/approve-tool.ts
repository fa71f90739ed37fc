import { success } from '../../base/result.ts';
import { serverId } from '../contract/server.ts';
import { approval, tool } from '../contract/tool.ts';
import { refuseOwned } from '../owned.ts';
import { post } from '../verb.ts';
import { toolFacts, toolView } from './server-view.ts';

/** Pins a tool, prompt or template as it is now, and says what it does to the world. */
export const approveTool = post({
  name: 'servers.approve',
  summary: 'Pins a tool as it is now, and says what it does to the world.',
  path: '/api/v1/servers/:id/approve',
  params: { id: serverId },
  body: approval,
  query: null,
  gives: { status: 200, body: tool },
  action: 'registry.tool.approved',
  run: async ({ params, body, principal, doors }) => {
    const server = params['id'] ?? '';
    const was = await doors.registry.show(principal.tenant, server);
    if (!was.ok) return was;
    const { kind, tool, effect, digest } = body;
    const owned = effect === undefined ? null : refuseOwned(doors, 'server', server);
    if (owned !== null) return owned;
    const wish = { server, kind, tool, ...(effect === undefined ? {} : { effect }), ...(digest === undefined ? {} : { digest }) };
    const approved = await doors.registry.approve(principal.tenant, wish);
    if (!approved.ok) return approved;
    const applied = await doors.apply();
    if (!applied.ok) return applied;
    const shown = toolView(was.value.registration.id, approved.value);
    const { tools, prompts, templates } = was.value;
    const before = [...tools, ...prompts, ...templates].find((pin) => pin.kind === kind && pin.name === tool);
    const changed = { before: before === undefined ? null : toolFacts(before), after: toolFacts(approved.value) };
    return success({ body: shown, object: shown.qualifiedName, changed });
  },
});
