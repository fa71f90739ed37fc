import type { JsonObject } from '../contracts/json.ts';
import { declares, isObject, type Revision, TASKS_EXTENSION } from '../protocol/index.ts';
import type { Exchange } from './exchange.ts';
import { reaches, visibleTo } from './visible.ts';

/**
 * What the servers that the caller may see can do together, as far as the gateway relays it. Tools are always offered: a server that comes
 * later is told of by list_changed, and a client that saw no capability would not ask again.
 */
export function capabilitiesFor({ endpoint, frame, principal, snapshot }: Exchange): JsonObject {
  const { era } = frame;
  const said = [...visibleTo(snapshot, principal).servers]
    .filter((id) => (endpoint?.server ? id === endpoint.server : true) && reaches(snapshot, id, era))
    .map((id) => snapshot.servers.get(id)?.capabilities[era] ?? {});
  const has = (name: string): boolean => said.some((one) => isObject(one[name]));
  // Of 2026-07-28 too: there it says that `subscriptions/listen` takes resources.
  const subscribe = said.some(({ resources }) => isObject(resources) && resources['subscribe'] === true);
  return {
    tools: { listChanged: true },
    ...(has('prompts') ? { prompts: { listChanged: true } } : {}),
    ...(has('resources') ? { resources: { listChanged: true, ...(subscribe ? { subscribe: true } : {}) } } : {}),
    ...(has('completions') ? { completions: {} } : {}),
    ...(era === 'legacy' || has('logging') ? { logging: {} } : {}),
    ...tasksIn(said, frame.revision),
  };
}

/** Tasks are the core's in 2025-11-25 and an extension's in 2026-07-28; no other revision has them. */
function tasksIn(said: readonly JsonObject[], revision: Revision): JsonObject {
  if (revision === '2026-07-28')
    return said.some((one) => declares(one, [['extensions', TASKS_EXTENSION]])) ? { extensions: { [TASKS_EXTENSION]: {} } } : {};
  if (revision !== '2025-11-25' || !said.some((one) => declares(one, [['tasks', 'requests', 'tools', 'call']]))) return {};
  return { tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } } };
}
