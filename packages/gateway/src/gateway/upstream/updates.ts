/** How long after a resource was told of it is told of again, once, where it changed meanwhile. */
const AGAIN_MS = 1000;
/** Different resources within that time. Beyond it what was subscribed to is told of instead of what lies under it. */
const MOST = 1000;

/** Tells of changed resources at once, and of what changes again and again once a second: nothing is lost, and a flood costs one word. */
export class Updates {
  readonly #tell: (uri: string) => void;
  /** Those told of a moment ago, and whether they changed since. */
  readonly #recent = new Map<string, { readonly timer: NodeJS.Timeout; changed: boolean }>();

  constructor(tell: (uri: string) => void) {
    this.#tell = tell;
  }

  /** @param under what was subscribed to and this is or lies under: never more than the subscriptions, whatever the server names. */
  say(uri: string, under: readonly string[]): void {
    const named = this.#recent.size < MOST || this.#recent.has(uri) ? [uri] : under;
    for (const one of named) this.#sayOne(one);
  }

  close(): void {
    for (const { timer } of this.#recent.values()) clearTimeout(timer);
    this.#recent.clear();
  }

  #sayOne(uri: string): void {
    const recent = this.#recent.get(uri);
    if (recent !== undefined) recent.changed = true;
    else this.#tellNow(uri);
  }

  #tellNow(uri: string): void {
    const timer = setTimeout(() => {
      const again = this.#recent.get(uri)?.changed === true;
      this.#recent.delete(uri);
      if (again) this.#tellNow(uri);
    }, AGAIN_MS);
    timer.unref();
    this.#recent.set(uri, { timer, changed: false });
    this.#tell(uri);
  }
}
