import type { KeyId } from '../base/ids.ts';
import type { Logger } from '../base/log.ts';
import type { KeyStore } from './store.ts';

/** At most one write a key and minute. */
export const NOTE_EVERY_MS = 60_000;

/** Notes when keys were used, in batches, one write under way. Closed with the room, which writes what is left. */
export class LastUse {
  readonly #store: KeyStore;
  readonly #log: Logger;
  #waiting = new Map<KeyId, number>();
  #unwritten = new Map<KeyId, number>();
  #writing: Promise<void> | null = null;

  constructor(store: KeyStore, log: Logger) {
    this.#store = store;
    this.#log = log;
  }

  /** A use that is due to be written. */
  note(id: KeyId, at: number): void {
    this.#unwritten.delete(id);
    this.#waiting.set(id, at);
    this.#writing ??= this.#drain();
  }

  /** A use within the minute: kept in memory and written at the end. */
  keep(id: KeyId, at: number): void {
    this.#unwritten.set(id, at);
  }

  /** What the store does not know yet. */
  pending(id: KeyId): number | null {
    return this.#unwritten.get(id) ?? this.#waiting.get(id) ?? null;
  }

  async close(): Promise<void> {
    for (const [id, at] of this.#unwritten) this.#waiting.set(id, at);
    this.#unwritten.clear();
    await (this.#writing ?? this.#drain());
    if (this.#waiting.size > 0) await this.#drain();
  }

  async #drain(): Promise<void> {
    while (this.#waiting.size > 0) {
      const batch = this.#waiting;
      this.#waiting = new Map();
      await this.#write(batch);
    }
    this.#writing = null;
  }

  // The time of last use is for people; losing one must not refuse a call.
  async #write(batch: ReadonlyMap<KeyId, number>): Promise<void> {
    try {
      const written = await this.#store.markUsed(batch);
      if (!written.ok) this.#log.warn('identity.last_use_lost', { keys: batch.size, reason: written.reason });
    } catch (error) {
      this.#log.error('identity.last_use_lost', { keys: batch.size, error: String(error) });
    }
  }
}
