import type { JsonObject, JsonValue } from '../../contracts/json.ts';
import type { Registration } from '../../contracts/registration.ts';
import type { Era, Need, Pin } from '../../contracts/target.ts';
import { declares, isObject, type Revision } from '../../protocol/index.ts';
import type { Frame } from '../exchange.ts';

/** Members of each capability that mean something in a revision; what is not here is not relayed, whoever declares it. */
const RELAYED: Readonly<Record<Revision, Readonly<Record<string, readonly string[]>>>> = {
  '2025-03-26': { sampling: [], roots: ['listChanged'] },
  '2025-06-18': { sampling: [], roots: ['listChanged'], elicitation: [] },
  '2025-11-25': { sampling: ['tools', 'context'], roots: ['listChanged'], elicitation: ['form', 'url'] },
  '2026-07-28': { sampling: ['tools', 'context'], roots: [], elicitation: ['form', 'url'] },
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

const TAKES: Readonly<Record<Need, readonly (readonly string[])[] | null>> = {
  sampling: [['sampling']],
  elicitation: [['elicitation']],
  roots: [['roots']],
  // Not relayed yet.
  tasks: null,
};

/** Whether a client that declared these capabilities can use what this server offers. A session of several clients declares none for any of them. */
export function meetsNeeds(pin: Pin, server: Registration | undefined, era: Era, capabilities: JsonObject): boolean {
  if (pin.needs.length === 0) return true;
  if (era === 'legacy' && server?.sharing !== 'session') return false;
  return pin.needs.every((need) => {
    const takes = TAKES[need];
    return takes !== null && declares(capabilities, takes);
  });
}
