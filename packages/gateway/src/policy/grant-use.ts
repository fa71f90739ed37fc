import type { Logger } from '../base/log.ts';
import type { GrantStore } from './store.ts';

/** At most one write a grant and hour: the report that reads it counts days. */
const NOTE_EVERY_MS = 3_600_000;
/** Grants of a tenant are bounded; those that were removed since are forgotten with all others beyond this. */
const MOST = 20_000;

const PREFIX = 'grant:';

/** Notes when grants decided calls, in batches, one write under way. Closed with the room, which writes what is left. */
export class GrantUse {
  readonly #store: GrantStore;
  readonly #log: Logger;
  readonly #seen = new Map<string, number>();
  readonly #written = new Map<string, number>();
  #waiting = new Map<string, number>();
  #writing: Promise<void> | null = null;

  constructor(store: GrantStore, log: Logger) {
    this.#store = store;
    this.#log = log;
  }

  /** The policies that permitted a call: grants among them were used. */
  note(policies: readonly string[], at: number): void {
    for (const policy of policies) if (policy.startsWith(PREFIX)) this.#used(policy.slice(PREFIX.length), at);
  }

  /** The latest use that this process saw of a grant. */
  seen(id: string): number | null {
    return this.#seen.get(id) ?? null;
  }

  async close(): Promise<void> {
    for (const [id, at] of this.#seen) if (this.#written.get(id) !== at) this.#waiting.set(id, at);
    await (this.#writing ?? this.#drain());
    if (this.#waiting.size > 0) await this.#drain();
  }

  #used(id: string, at: number): void {
    if (this.#seen.size >= MOST) this.#seen.clear();
    this.#seen.set(id, at);
    if (at - (this.#written.get(id) ?? Number.NEGATIVE_INFINITY) < NOTE_EVERY_MS) return;
    if (this.#written.size >= MOST) this.#written.clear();
    this.#written.set(id, at);
    this.#waiting.set(id, at);
    this.#writing ??= this.#drain();
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
  async #write(batch: ReadonlyMap<string, number>): Promise<void> {
    try {
      const written = await this.#store.markUsed(batch);
      if (!written.ok) this.#log.warn('policy.grant_use_lost', { grants: batch.size, reason: written.reason });
    } catch (error) {
      this.#log.error('policy.grant_use_lost', { grants: batch.size, error: String(error) });
    }
  }
}
