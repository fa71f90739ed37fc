import { LIMITS } from '../../base/limits.ts';
import type { JsonObject } from '../../contracts/json.ts';
import { isTerminal } from '../../protocol/index.ts';
import type { Exchange } from '../exchange.ts';
import { declaredIn } from '../reverse/capabilities.ts';
import type { HeldTask } from '../reverse/tasks.ts';
import { ownRequest } from '../upstream/handshake.ts';
import { isReachable } from '../upstream/place.ts';
import type { UpstreamSession } from '../upstream/upstream.ts';
import { aboutTask, tellTask } from './tell-task.ts';
import type { Works } from './works.ts';

/** The tasks of a listen stream that are told of. */
export interface WatchedTasks {
  /** In the order in which the client named them. */
  readonly granted: readonly string[];
  /** Tells how each stands now: what happened before the stream was open nobody told. */
  begin(): void;
  end(): void;
}

/**
 * Watches the caller's own tasks among these ids (SEP-2663, task status notifications). An id that is unknown, over, another principal's, of another
 * server than the endpoint's or of a tool that may not be called any more is left out, one like the other.
 * @param tell hears of a state, as `notifications/tasks` has it, once its record is durable.
 */
export async function watchTasks(
  exchange: Exchange,
  ids: readonly string[],
  works: Works,
  tell: (task: JsonObject) => void,
): Promise<WatchedTasks> {
  const found = await Promise.all([...new Set(ids)].map((id) => ownTask(exchange, id, works)));
  const groups = Map.groupBy(
    found.flatMap((task) => task ?? []),
    ({ server, place }) => `${server} ${place}`,
  );
  const watched = await Promise.all([...groups.values()].map((tasks) => watchAt(exchange, tasks, works, tell)));
  const granted = new Set(watched.flatMap((one) => one?.granted ?? []));
  return {
    granted: ids.filter((id) => granted.delete(id)),
    begin: () => {
      for (const one of watched) one?.begin();
    },
    end: () => {
      for (const one of watched) one?.end();
    },
  };
}

// The content is that of tasks/get, so a key with a list of methods has to name it.
async function ownTask(exchange: Exchange, id: string, works: Works): Promise<HeldTask | null> {
  const { principal, endpoint } = exchange;
  const { methods } = principal.credential;
  if (methods !== null && !methods.includes('tasks/get')) return null;
  const found = await works.tasks.find(id, principal, null);
  if (!found.ok || found.value === null || found.value.era !== 'modern') return null;
  if (endpoint?.server != null && endpoint.server !== found.value.server) return null;
  return aboutTask(exchange, found.value, works).kind === 'call' ? found.value : null;
}

/** The tasks of one place of one server: a listen stream of its own there. Null where it cannot be had, or the tasks went with their process. */
async function watchAt(
  exchange: Exchange,
  tasks: readonly HeldTask[],
  works: Works,
  tell: (task: JsonObject) => void,
): Promise<WatchedTasks | null> {
  const upstream = await sessionOf(exchange, tasks[0], works);
  if (upstream === null) return null;
  const byUpstreamId = new Map(tasks.map((task) => [task.upstreamId, new Teller(exchange, task, works, tell)]));
  const fetchAll = (): void => void fetchEach(exchange, upstream, byUpstreamId);
  const told = await upstream.watchTasks({
    kind: 'tasks',
    names: [...byUpstreamId.keys()],
    capabilities: declaredIn(exchange.frame),
    told: (state) => byUpstreamId.get(String(state['taskId']))?.say(state),
    missed: fetchAll,
  });
  if (!told.ok) return null;
  const granted = new Set(told.value.granted);
  if (granted.size === 0) told.value.end();
  return {
    granted: tasks.flatMap((task) => (granted.has(task.upstreamId) ? [task.id] : [])),
    begin: () => {
      if (granted.size > 0) fetchAll();
    },
    end: () => {
      for (const teller of byUpstreamId.values()) teller.end();
      told.value.end();
    },
  };
}

// A process that is not there any more is not started for its tasks: they went with it.
async function sessionOf({ principal, snapshot }: Exchange, task: HeldTask | undefined, works: Works): Promise<UpstreamSession | null> {
  const server = task === undefined ? undefined : snapshot.servers.get(task.server);
  if (task === undefined || server === undefined) return null;
  const owner = { principal, session: null, listener: null };
  if (!isReachable(task.place) && works.upstreams.peek(server, 'modern', owner)?.place !== task.place) return null;
  const upstream = await works.upstreams.acquire(server, 'modern', owner);
  return upstream.ok && upstream.value.place === task.place ? upstream.value : null;
}

/** Asks how each task stands that is not over: one after the other, so that a listen stream takes one place at its server. */
async function fetchEach({ frame }: Exchange, upstream: UpstreamSession, tellers: ReadonlyMap<string, Teller>): Promise<void> {
  for (const [taskId, teller] of tellers) {
    if (teller.over) continue;
    const request = { ...ownRequest('tasks/get', { taskId }, LIMITS.callMs), capabilities: declaredIn(frame) };
    const got = await upstream.request(request);
    if (got.ok && got.value.kind === 'result') teller.say(got.value.result);
  }
}

/** Tells of one task: its states in the order in which they came, the newest where several wait, and nothing after the last. */
class Teller {
  readonly #exchange: Exchange;
  readonly #task: HeldTask;
  readonly #works: Works;
  readonly #tell: (task: JsonObject) => void;
  #next: JsonObject | null = null;
  #busy = false;
  #last = '';
  over = false;

  constructor(exchange: Exchange, task: HeldTask, works: Works, tell: (task: JsonObject) => void) {
    this.#exchange = exchange;
    this.#task = task;
    this.#works = works;
    this.#tell = tell;
  }

  say(state: JsonObject): void {
    if (this.over) return;
    this.#next = state;
    if (!this.#busy) void this.#tellAll();
  }

  end(): void {
    this.over = true;
    this.#next = null;
  }

  async #tellAll(): Promise<void> {
    this.#busy = true;
    while (this.#next !== null) {
      const state = this.#next;
      this.#next = null;
      const text = JSON.stringify(state);
      if (text === this.#last) continue;
      const told = await tellTask(this.#exchange, this.#task, state, this.#works);
      if (this.over || told === null) continue;
      this.#last = text;
      this.over = isTerminal(told.status);
      this.#tell(told.params);
    }
    this.#busy = false;
  }
}
