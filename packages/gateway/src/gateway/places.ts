/** How many requests are under way. */
interface Taken {
  count: number;
}

/** Requests under way by server and principal, up to a bound for each pair. */
export class Places {
  readonly #most: number;
  readonly #taken = new Map<string, Map<string, Taken>>();

  constructor(most: number) {
    this.#most = most;
  }

  /** What gives the place back, once; null where none is free. */
  take(server: string, principal: string): (() => void) | null {
    const own = this.#of(server);
    let taken = own.get(principal);
    if (taken === undefined) {
      taken = { count: 0 };
      own.set(principal, taken);
    }
    if (taken.count >= this.#most) return null;
    taken.count += 1;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      taken.count -= 1;
      if (taken.count > 0) return;
      own.delete(principal);
      if (own.size === 0) this.#taken.delete(server);
    };
  }

  // Two maps and not one by both names joined: a name that is made anew for each call has to be hashed anew.
  #of(server: string): Map<string, Taken> {
    const known = this.#taken.get(server);
    if (known !== undefined) return known;
    const made = new Map<string, Taken>();
    this.#taken.set(server, made);
    return made;
  }
}
