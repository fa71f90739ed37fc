/** A Map that refuses to change once it is made: a Snapshot is shared by every call that is under way. */
export class FrozenMap<K, V> extends Map<K, V> {
  readonly #made: boolean;

  constructor(entries: Iterable<readonly [K, V]>) {
    super();
    for (const [key, value] of entries) super.set(key, value);
    this.#made = true;
    Object.freeze(this);
  }

  override set(): never {
    throw this.#refusal();
  }

  override delete(): never {
    throw this.#refusal();
  }

  override clear(): never {
    throw this.#refusal();
  }

  #refusal(): TypeError {
    return new TypeError(this.#made ? 'a snapshot cannot be changed' : 'a snapshot is being made');
  }
}
