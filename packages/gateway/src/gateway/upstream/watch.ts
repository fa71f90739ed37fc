import type { LiveSession } from './live-session.ts';
import type { ListName, UpstreamListener, Watching } from './upstream.ts';

const SHORTEST_MS = 500;
const LONGEST_MS = 30_000;
const LISTS: readonly ListName[] = ['tools', 'prompts', 'resources'];

/**
 * Tells one listener of the changes of one server until it is ended: over the session that runs now, and over the next one where that ends. What
 * changed while there was none, nobody told: so the listener hears of every list then.
 * @param acquire finds or starts the session; null where it cannot be had now.
 */
export function keepWatching(acquire: () => Promise<LiveSession | null>, listener: UpstreamListener): Watching {
  let current: Watching | null = null;
  let timer: NodeJS.Timeout | undefined;
  let over = false;
  let failures = 0;
  let opened = (): void => {};
  const open = new Promise<void>((resolve) => {
    opened = resolve;
  });
  const again = (): void => {
    if (over) return;
    timer = setTimeout(() => void attempt(true), Math.min(LONGEST_MS, SHORTEST_MS * 2 ** Math.min(failures, 16)));
    timer.unref();
    failures += 1;
  };
  const attempt = async (missed: boolean): Promise<void> => {
    const session = await acquire();
    if (over) return;
    if (session === null) return again();
    const mine = session.watch(listener);
    current = mine;
    void session.ended.then(() => {
      if (current !== mine) return;
      mine.end();
      again();
    });
    await mine.open;
    if (over || current !== mine) return;
    failures = 0;
    opened();
    if (missed) for (const list of LISTS) listener.listChanged(list, true);
  };
  void attempt(false);
  return {
    open,
    end() {
      over = true;
      clearTimeout(timer);
      current?.end();
      current = null;
    },
  };
}
