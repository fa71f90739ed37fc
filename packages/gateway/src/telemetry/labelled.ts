/** What stands for all label values beyond the bound. No server, reason or method is called so. */
export const OTHER = '(other)';

/** Counters by one label. Bounded: a value that comes when there are too many is counted under `(other)`. */
export class Labelled<T> {
  readonly #most: number;
  readonly #fresh: () => T;
  readonly #rows = new Map<string, T>();

  constructor(most: number, fresh: () => T) {
    this.#most = most;
    this.#fresh = fresh;
  }

  of(label: string): T {
    return this.#rows.get(label) ?? this.#add(label);
  }

  entries(): Iterable<readonly [string, T]> {
    return this.#rows;
  }

  #add(label: string): T {
    if (this.#rows.size >= this.#most && label !== OTHER) return this.of(OTHER);
    const row = this.#fresh();
    this.#rows.set(label, row);
    return row;
  }
}
