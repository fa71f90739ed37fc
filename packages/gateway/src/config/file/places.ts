import type { Place } from '../mistake.ts';

export type Path = readonly (string | number)[];

/** Where the keys and values of a document stand in its file. */
export class Places {
  readonly #keys = new Map<string, Place>();
  readonly #values = new Map<string, Place>();

  note(path: Path, key: Place | null, value: Place): void {
    const name = nameOf(path);
    if (key !== null) this.#keys.set(name, key);
    this.#values.set(name, value);
  }

  has(path: Path): boolean {
    return this.#values.has(nameOf(path));
  }

  /** Of the key; of the nearest parent where it is not in the file. */
  keyAt(path: Path): Place | null {
    return this.#at(path, this.#keys) ?? this.#values.get(nameOf([])) ?? null;
  }

  valueAt(path: Path): Place | null {
    return this.#values.get(nameOf(path)) ?? this.keyAt(path);
  }

  #at(path: Path, places: ReadonlyMap<string, Place>): Place | null {
    for (let length = path.length; length > 0; length--) {
      const name = nameOf(path.slice(0, length));
      const place = places.get(name) ?? this.#values.get(name);
      if (place !== undefined) return place;
    }
    return null;
  }
}

const nameOf = (path: Path): string => JSON.stringify(path.map(String));
