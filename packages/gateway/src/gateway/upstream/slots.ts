import { LIMITS } from '../../base/limits.ts';
import type { Registration } from '../../contracts/registration.ts';
import type { Era } from '../../contracts/target.ts';
import type { LiveSession } from './live-session.ts';
import type { SlotKey } from './slot-key.ts';

/** A session that runs. */
export interface Slot {
  readonly key: SlotKey;
  readonly server: Registration;
  readonly era: Era;
  readonly session: LiveSession;
}

export interface SlotCaps {
  readonly total: number;
  readonly perPrincipal: number;
}

export const USUAL_CAPS: SlotCaps = { total: LIMITS.upstreams, perPrincipal: LIMITS.upstreamsPerPrincipal };

/** The sessions that run and the places taken by those that start. Counting only: nothing is opened or closed here. */
export class Slots {
  readonly #caps: SlotCaps;
  readonly #running = new Map<string, Slot>();
  readonly #starting = new Map<string, SlotKey>();

  constructor(caps: SlotCaps) {
    this.#caps = caps;
  }

  get(key: string): Slot | undefined {
    return this.#running.get(key);
  }

  all(): readonly Slot[] {
    return [...this.#running.values()];
  }

  /** Takes a place for a start. A slot to end first where only an idle one is in the way; `busy` where none is. */
  reserve(key: SlotKey): 'reserved' | 'busy' | Slot {
    const own = (other: SlotKey): boolean => key.principal !== null && other.principal === key.principal;
    const places = [...[...this.#running.values()].map((slot) => slot.key), ...this.#starting.values()];
    if (places.filter(own).length >= this.#caps.perPrincipal) return this.#idlest((slot) => own(slot.key)) ?? 'busy';
    // Nobody ends another principal's session to make room for his own.
    if (places.length >= this.#caps.total) return this.#idlest((slot) => own(slot.key)) ?? 'busy';
    this.#starting.set(key.text, key);
    return 'reserved';
  }

  /** The start that had this place failed. */
  cancel(key: SlotKey): void {
    this.#starting.delete(key.text);
  }

  fill(slot: Slot): void {
    this.#starting.delete(slot.key.text);
    this.#running.set(slot.key.text, slot);
  }

  /** False where the place belongs to a later session already. */
  drop(slot: Slot): boolean {
    if (this.#running.get(slot.key.text) !== slot) return false;
    this.#running.delete(slot.key.text);
    return true;
  }

  #idlest(among: (slot: Slot) => boolean): Slot | null {
    const idle = [...this.#running.values()].filter((slot) => among(slot) && slot.session.idleMs > 0);
    return idle.sort((a, b) => b.session.idleMs - a.session.idleMs)[0] ?? null;
  }
}
