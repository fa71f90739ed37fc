import type { JsonObject, JsonValue } from '../../contracts/json.ts';
import type { Registration } from '../../contracts/registration.ts';
import type { Need, Pin } from '../../contracts/target.ts';
import type { Deny } from '../../contracts/verdict.ts';
import { declares, isObject, type Revision, TASKS_EXTENSION } from '../../protocol/index.ts';
import type { Frame } from '../exchange.ts';

/** Members of each capability that mean something in a revision; what is not here is not relayed, whoever declares it. */
const RELAYED: Readonly<Record<Revision, Readonly<Record<string, readonly string[]>>>> = {
  '2025-03-26': { sampling: [], roots: ['listChanged'] },
  '2025-06-18': { sampling: [], roots: ['listChanged'], elicitation: [] },
  '2025-11-25': { sampling: ['tools', 'context'], roots: ['listChanged'], elicitation: ['form', 'url'] },
  '2026-07-28': { sampling: ['tools', 'context'], roots: [], elicitation: ['form', 'url'], extensions: [TASKS_EXTENSION] },
};

/** What of a client's capabilities is declared to servers on its behalf: what it declared, its revision has, and this gateway relays. */
export function relayedCapabilities(declared: JsonObject, revision: Revision): JsonObject {
  const relayed: Record<string, JsonValue> = {};
  for (const [name, members] of Object.entries(RELAYED[revision])) {
    const given = declared[name];
    if (isObject(given)) relayed[name] = Object.fromEntries(Object.entries(given).filter(([member]) => members.includes(member)));
  }
  return relayed;
}

/** What the client of this message declared: with its session, or with the request itself. */
export const declaredIn = ({ session, meta, revision }: Frame): JsonObject =>
  session?.capabilities ?? (meta === null ? {} : relayedCapabilities(meta.clientCapabilities, revision));

/** Whether the client of this message may hear of tasks at all: those of the stateless era are an extension, declared with each request (SEP-2663). */
export const mayHoldTasks = (frame: Frame): boolean =>
  frame.era !== 'modern' || declares(declaredIn(frame), [['extensions', TASKS_EXTENSION]]);

export const TASKS_UNDECLARED: Deny = {
  verdict: 'deny',
  reason: 'protocol.missing_capability',
  requires: { extensions: { [TASKS_EXTENSION]: {} } },
};

/** Whether a stateful server takes calls as tasks. */
export const runsTasks = (server: Registration | undefined): boolean =>
  server !== undefined && declares(server.capabilities.legacy, [['tasks', 'requests', 'tools', 'call']]);

type NeedOfSession = Exclude<Need, 'tasks'>;
const TAKES: Readonly<Record<NeedOfSession, string>> = { sampling: 'sampling', elicitation: 'elicitation', roots: 'roots' };

/** Whether a client that declared these capabilities can use what this server offers. A session of several clients declares none for any of them. */
export function meetsNeeds(pin: Pin, server: Registration | undefined, frame: Frame): boolean {
  if (pin.needs.length === 0) return true;
  const declared = declaredIn(frame);
  return pin.needs.every((need) => {
    // Tasks of 2025-11-25 take nothing of a client but its revision.
    if (need === 'tasks')
      return frame.era === 'modern'
        ? declares(declared, [['extensions', TASKS_EXTENSION]])
        : frame.revision === '2025-11-25' && runsTasks(server);
    return (frame.era === 'modern' || server?.sharing === 'session') && declares(declared, [[TAKES[need]]]);
  });
}
