/** @param retryMs how long the other side asks to wait; null or absent where it does not. */
export type Ended = (lived: boolean, retryMs?: number | null) => void;

/** Keeps a stream open while somebody wants it: opened again when it ends, ever later when it ends at once, and never given up. */
export class Reconnect {
  readonly #open: (ended: Ended) => () => void;
  #cut: (() => void) | null = null;
  #timer: NodeJS.Timeout | null = null;
  #wanted = false;
  #failures = 0;

  /** @param open opens the stream, calls `ended` once with whether it lived for a while, and returns what cuts it. */
  constructor(open: (ended: Ended) => () => void) {
    this.#open = open;
  }

  start(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#failures = 0;
    this.#attempt();
  }

  stop(): void {
    this.#wanted = false;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#cut?.();
    this.#cut = null;
  }

  #attempt(): void {
    let over = false;
    this.#cut = this.#open((lived, retryMs = null) => {
      if (over) return;
      over = true;
      this.#again(lived, retryMs);
    });
  }

  #again(lived: boolean, retryMs: number | null): void {
    this.#cut = null;
    this.#failures = lived ? 0 : this.#failures + 1;
    if (!this.#wanted) return;
    const wait = Math.min(LONGEST_MS, (retryMs ?? SHORTEST_MS) * 2 ** Math.min(this.#failures, MOST_DOUBLINGS));
    this.#timer = setTimeout(() => this.#attempt(), wait);
    this.#timer.unref();
  }
}

const SHORTEST_MS = 250;
const LONGEST_MS = 30_000;
const MOST_DOUBLINGS = 16;
