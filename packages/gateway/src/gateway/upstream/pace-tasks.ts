import type { JsonObject } from '../../contracts/json.ts';
import type { TaskWatch, Unasked } from './upstream.ts';

/** How long after a state of a task was told the next one is, and how many there may be meanwhile before the server counts as flooding. */
const AGAIN_MS = 1000;
const MOST_MEANWHILE = 20;

/** A watch that bounds what its server makes of it. */
export interface Paced {
  readonly watch: TaskWatch;
  close(): void;
}

/**
 * Passes on what a server says of the tasks that are watched: at once, and what changes again and again once a second, the newest only. A state replaces
 * the one before it, so nothing is lost; the last state of a task is passed on whatever came before, and nothing after it.
 * @param onUnasked told of words on other tasks, on tasks that are over, and of more than `MOST_MEANWHILE` that replaced each other.
 */
export function paceTasks(watch: TaskWatch, onUnasked: (why: Exclude<Unasked, 'session'>) => void): Paced {
  const own = new Set(watch.names);
  const over = new Set<string>();
  const states = new Pace<JsonObject>(
    (_id, task) => watch.told(task),
    () => onUnasked('flood'),
  );
  const misses = new Pace<null>(
    () => watch.missed(),
    () => undefined,
  );
  return {
    watch: {
      ...watch,
      told: (task) => {
        const { taskId, status } = task;
        if (typeof taskId !== 'string' || !own.has(taskId) || over.has(taskId)) return onUnasked('task');
        if (status === 'completed' || status === 'failed' || status === 'cancelled') over.add(taskId);
        states.say(taskId, task);
      },
      missed: () => misses.say('', null),
    },
    close: () => {
      states.close();
      misses.close();
    },
  };
}

/** Tells the newest value of each key, and none more often than every `AGAIN_MS`. */
class Pace<T> {
  readonly #tell: (key: string, value: T) => void;
  readonly #onFlood: () => void;
  #closed = false;
  /** Those told of a moment ago, and what came since. */
  readonly #recent = new Map<string, { readonly timer: NodeJS.Timeout; later: { readonly value: T } | null; count: number }>();

  constructor(tell: (key: string, value: T) => void, onFlood: () => void) {
    this.#tell = tell;
    this.#onFlood = onFlood;
  }

  say(key: string, value: T): void {
    if (this.#closed) return;
    const recent = this.#recent.get(key);
    if (recent === undefined) {
      this.#tellNow(key, value);
    } else {
      recent.later = { value };
      recent.count += 1;
      if (recent.count > MOST_MEANWHILE) this.#onFlood();
    }
  }

  close(): void {
    this.#closed = true;
    for (const { timer } of this.#recent.values()) clearTimeout(timer);
    this.#recent.clear();
  }

  #tellNow(key: string, value: T): void {
    const timer = setTimeout(() => {
      const later = this.#recent.get(key)?.later ?? null;
      this.#recent.delete(key);
      if (later !== null) this.#tellNow(key, later.value);
    }, AGAIN_MS);
    timer.unref();
    this.#recent.set(key, { timer, later: null, count: 0 });
    this.#tell(key, value);
  }
}
