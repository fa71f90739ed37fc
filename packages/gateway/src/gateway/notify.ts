import type { ServerId } from '../base/ids.ts';
import type { JsonObject } from '../contracts/json.ts';
import type { Principal } from '../contracts/principal.ts';
import type { Snapshot } from '../contracts/snapshot.ts';
import type { Pin } from '../contracts/target.ts';
import { qualifyUri } from '../protocol/index.ts';
import type { ListDiffers } from './changed-by-time.ts';
import type { Session } from './downstream/sessions.ts';
import { isSevereEnough } from './log-level.ts';
import type { Works } from './methods/works.ts';
import { askClient } from './reverse/ask-client.ts';
import { tellElicited } from './reverse/elicited.ts';
import { tellTaskStatus } from './reverse/task-status.ts';
import { mayHear } from './subscriptions.ts';
import type { ListName, UpstreamListener } from './upstream/upstream.ts';

const listChanged = (list: ListName): string => `{"jsonrpc":"2.0","method":"notifications/${list}/list_changed"}`;

/** What one server may say to one session outside a call. */
export function listenerFor(session: Session, server: ServerId, works: Works): UpstreamListener {
  return {
    listChanged: (list, drifted) => {
      if (drifted) works.onDrift(session.principal.tenant, server);
      tellSession(session, listChanged(list));
    },
    ask: (ask) => askClient(session, server, ask, works),
    taskStatus: (params) => tellTaskStatus(session, server, params, works),
    elicited: (params) => tellElicited(session, server, params, works),
    updated: (uri) => {
      if (!mayHear(works.snapshots.current(session.principal.tenant), session.principal, server, uri)) return;
      const named = session.server === null ? qualifyUri(server, uri) : uri;
      tellOnce(session, server, JSON.stringify({ jsonrpc: '2.0', method: 'notifications/resources/updated', params: { uri: named } }));
    },
    log: (params) => {
      if (wanted(session, params)) tellOnce(session, server, JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params }));
    },
  };
}

const LISTS: readonly ListName[] = ['tools', 'prompts', 'resources'];

/** What a policy changed may differ in any list; what a pin changed, in its own. */
function changedLists(before: Snapshot | null, now: Snapshot): readonly ListName[] {
  if (before === null || !sameServers(before, now)) return LISTS;
  const same = {
    tools: samePins(before.tools, now.tools),
    prompts: samePins(before.prompts, now.prompts),
    resources: samePins(before.templates, now.templates),
  };
  const changed = LISTS.filter((list) => !same[list]);
  return changed.length === 0 ? LISTS : changed;
}

const samePins = (before: ReadonlyMap<string, Pin>, now: ReadonlyMap<string, Pin>): boolean =>
  before.size === now.size &&
  [...now].every(([name, pin]) => {
    const was = before.get(name);
    return was !== undefined && was.digest === pin.digest && was.state === pin.state && was.effect === pin.effect;
  });

const sameServers = ({ servers: before }: Snapshot, { servers: now }: Snapshot): boolean =>
  before.size === now.size && [...now].every(([id, server]) => before.get(id)?.enabled === server.enabled);

function wanted(session: Session, params: JsonObject): boolean {
  return session.logLevel === null || isSevereEnough(params, session.logLevel);
}

// A message goes out on one stream only: the standing one, else that of the newest call to this server, else it waits for a client that comes back.
function tellOnce(session: Session, server: ServerId, json: string): void {
  if (tellStanding(session, json)) return;
  const call = [...session.calls].findLast((one) => one.server === server);
  if (call) call.notify(json);
  else keepFor(session, json);
}

function tellSession(session: Session, json: string): void {
  if (!tellStanding(session, json)) keepFor(session, json);
}

function tellStanding(session: Session, json: string): boolean {
  for (const stream of session.streams.keys()) if (stream.send(json)) return true;
  return false;
}

const keepFor = (session: Session, json: string): void => void [...session.away].at(-1)?.send(json);

/** After a changed snapshot: everybody of its tenant whose list may differ is told, on standing streams only. */
export function announceListChanged(works: Pick<Works, 'sessions' | 'listens'>, before: Snapshot | null, now: Snapshot): void {
  for (const list of changedLists(before, now)) {
    for (const session of works.sessions.all())
      if (session.initialized && session.principal.tenant === now.tenant) tellSession(session, listChanged(list));
    works.listens.listChanged(now.tenant, list);
  }
}

/** One principal is told of those lists that differ for it, each client of its own of what is listed there. */
export function tellLists(works: Pick<Works, 'sessions' | 'listens'>, principal: Principal, differs: ListDiffers): void {
  for (const list of LISTS) {
    for (const session of works.sessions.all())
      if (session.initialized && session.principal === principal && differs(list, 'legacy', session.server))
        tellSession(session, listChanged(list));
    works.listens.listDiffers(principal, list, (server) => differs(list, 'modern', server));
  }
}
