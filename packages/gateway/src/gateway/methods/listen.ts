import type { JsonObject } from '../../contracts/json.ts';
import type { Deny } from '../../contracts/verdict.ts';
import type { ListenFilter } from '../../protocol/index.ts';
import type { Answer } from '../downstream/answer.ts';
import type { ClientStream } from '../downstream/stream.ts';
import type { Exchange } from '../exchange.ts';
import { mayHoldTasks, TASKS_UNDECLARED } from '../reverse/capabilities.ts';
import type { ListName } from '../upstream/upstream.ts';
import { recorded } from './answer-recorded.ts';
import { watchResources } from './watch-resources.ts';
import { type WatchingAll, watchServers } from './watch-servers.ts';
import { type WatchedTasks, watchTasks } from './watch-tasks.ts';
import { type Handler, refuse, type Works } from './works.ts';

const NOTHING: ListenFilter = {
  toolsListChanged: false,
  promptsListChanged: false,
  resourcesListChanged: false,
  resourceSubscriptions: [],
  taskIds: [],
};
const LIST_FLAGS = ['toolsListChanged', 'promptsListChanged', 'resourcesListChanged'] as const;
const TOO_MANY: Deny = { verdict: 'deny', reason: 'gateway.too_many_streams', retryAfterSeconds: 60 };

/**
 * `subscriptions/listen` of 2026-07-28: acknowledged first, limited to what this gateway can tell of, ended with the caller's credential. What the
 * caller may not read is left out of the acknowledgement as what is not there.
 */
export const listen: Handler = async (exchange, answer, works) => {
  const { frame, principal } = exchange;
  const filter = frame.params.kind === 'listen' ? frame.params.filter : NOTHING;
  if (filter.taskIds.length > 0 && !mayHoldTasks(frame)) return refuse(exchange, TASKS_UNDECLARED, answer, works);
  if (!works.listens.hasRoom(principal)) return refuse(exchange, TOO_MANY, answer, works);
  if (!(await recorded(exchange, answer, works))) return;
  const hearing = await hear(exchange, filter, answer, works);
  if (hearing === null) return;
  const stream = openStream(exchange, filter, hearing, answer, works);
  if (stream === null) {
    hearing.end();
    return refuse(exchange, TOO_MANY, answer, works);
  }
  const _meta = { 'io.modelcontextprotocol/subscriptionId': frame.id ?? '' };
  const say = (method: string, params: JsonObject): void =>
    void stream.send(JSON.stringify({ jsonrpc: '2.0', method: `notifications/${method}`, params: { ...params, _meta } }));
  say('subscriptions/acknowledged', { notifications: grantedOf(filter, hearing) });
  hearing.begin({
    list: (list) => (filter[`${list}ListChanged`] ? say(`${list}/list_changed`, {}) : undefined),
    resource: (uri) => say('resources/updated', { uri }),
    task: (task) => say('tasks', task),
  });
};

/** What is heard of servers, and where it goes. */
interface Ear {
  list(list: ListName): void;
  resource(uri: string): void;
  task(task: JsonObject): void;
}

interface Hearing {
  readonly resources: readonly string[];
  readonly tasks: WatchedTasks;
  /** From now on everything goes to `ear`, first what was heard before. */
  begin(ear: Ear): void;
  end(): void;
}

/** Asks the servers to tell of what the filter names. Null where the client went meanwhile. */
async function hear(exchange: Exchange, filter: ListenFilter, answer: Answer, works: Works): Promise<Hearing | null> {
  const watches: (() => void)[] = [];
  const end = (): void => {
    for (const one of watches.splice(0)) one();
  };
  let gone = false;
  answer.onGone(() => {
    gone = true;
    end();
  });
  const { ear, begin } = patientEar();
  let watched: WatchingAll | null = null;
  if (LIST_FLAGS.some((flag) => filter[flag])) {
    watched = watchServers(exchange, works, (list) => ear.list(list));
    watches.push(watched.end);
  }
  const [resources, tasks] = await Promise.all([
    watchResources(exchange, filter.resourceSubscriptions, works, watches, (uri) => ear.resource(uri)),
    watchTasks(exchange, filter.taskIds, works, (task) => ear.task(task)),
  ]);
  watches.push(tasks.end);
  if (watched !== null) await within(OPEN_MS, watched.open);
  if (gone) {
    end();
    return null;
  }
  return {
    resources,
    tasks,
    begin(to) {
      watched?.acknowledged();
      begin(to);
      tasks.begin();
    },
    end,
  };
}

/** Keeps what it hears until somebody listens. */
function patientEar(): { readonly ear: Ear; begin(to: Ear): void } {
  const early = { lists: new Set<ListName>(), uris: new Set<string>(), tasks: new Map<string, JsonObject>() };
  let to: Ear = {
    list: (list) => void early.lists.add(list),
    resource: (uri) => void early.uris.add(uri),
    task: (task) => void early.tasks.set(String(task['taskId']), task),
  };
  return {
    ear: { list: (list) => to.list(list), resource: (uri) => to.resource(uri), task: (task) => to.task(task) },
    begin(listener) {
      to = listener;
      for (const uri of early.uris) to.resource(uri);
      for (const list of early.lists) to.list(list);
      for (const task of early.tasks.values()) to.task(task);
    },
  };
}

/** Null where the caller has too many by now. */
const openStream = (
  { principal, frame, endpoint }: Exchange,
  filter: ListenFilter,
  hearing: Hearing,
  answer: Answer,
  works: Works,
): ClientStream | null =>
  works.listens.open(principal, { id: frame.id ?? '', filter, server: endpoint?.server ?? null }, (onEnd) =>
    answer.stream(() => {
      hearing.end();
      onEnd();
    }),
  );

function grantedOf(filter: ListenFilter, { resources, tasks }: Hearing): JsonObject {
  return {
    ...Object.fromEntries(LIST_FLAGS.filter((flag) => filter[flag]).map((flag) => [flag, true])),
    ...(filter.resourceSubscriptions.length > 0 ? { resourceSubscriptions: resources } : {}),
    ...(filter.taskIds.length > 0 ? { taskIds: tasks.granted } : {}),
  };
}

/** How long the acknowledgement waits for servers to tell of their changes; what changes at those that are slower is told of once they do. */
const OPEN_MS = 1000;

function within(ms: number, wanted: Promise<unknown>): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  return Promise.race([wanted, promise]).finally(() => clearTimeout(timer));
}
