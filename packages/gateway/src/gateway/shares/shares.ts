import { type Result, success } from '../../base/result.ts';
import type { StorageReason } from '../../contracts/reasons/storage.ts';
import { lostBy } from '../budgets/lost-by.ts';
import { nextBatch } from '../budgets/next-batch.ts';
import type { SharedClock } from '../budgets/shared-clock.ts';
import { idleOf, type Shared, takeShare } from './share-state.ts';
import { nameOf, type PutShares, type ShareOf, type ShareStore, type StoredShares } from './share-store.ts';

/** Places that one statement asks for. */
const AT_ONCE = 256;
const TRIES = 20;
const TICK_MS = 1000;
const SWEEP_MS = 60_000;
const FORGOTTEN_MS = 600_000;
/** How long a share holds. What a gateway that is gone held is free after it. */
export const SHARE_MS = 10_000;
/** A share is used no more so long before others may take it. */
const MARGIN_MS = 1000;
const RENEW_MS = SHARE_MS / 3;
/** Places known to be all taken are not asked for again before this. */
const FULL_MS = 100;

/** A bound on requests at once that a request needs a place under. */
export interface Slot extends ShareOf {
  readonly most: number;
}

export type Asked = Result<null, StorageReason>;

interface Share {
  readonly of: ShareOf;
  most: number;
  /** What may be under way here at once until `until`. Never more than the database holds for us. */
  places: number;
  until: number;
  free: number;
  fullUntil: number;
  known: StoredShares;
  waiting: ((asked: Asked) => void)[];
  tries: number;
  /** The most that were under way at once in this tick and in the one before. */
  peak: number;
  before: number;
}

interface Asking extends PutShares {
  readonly share: Share;
  readonly waiting: Share['waiting'];
  readonly taken: Shared;
  readonly until: number;
}

const UNKNOWN: StoredShares = { state: { shares: [], seenAt: 0 }, version: -1 };

/**
 * Requests at once that gateways on one database share. Of each bound a gateway holds a share, which it uses without asking; one statement at a time asks for
 * all that came meanwhile. A share holds for ten seconds and is renewed while it is used, so what a gateway held that was killed comes back by itself.
 * A share that cannot be asked for or renewed refuses.
 */
export class Shares {
  readonly #store: ShareStore;
  readonly #clock: SharedClock;
  readonly #gateway: string;
  readonly #shares = new Map<string, Share>();
  /** Requests of this gateway under way. */
  #used: (of: ShareOf) => number = () => 0;
  #queue = new Set<Share>();
  #asking = false;
  #serving: Promise<void> = Promise.resolve();
  readonly #timers: readonly NodeJS.Timeout[];

  /** @param gateway a name that no other process ever has */
  constructor(store: ShareStore, clock: SharedClock, gateway: string) {
    this.#store = store;
    this.#clock = clock;
    this.#gateway = gateway;
    const forget = () => void this.#store.forget(this.#clock.now() - FORGOTTEN_MS);
    this.#timers = [setInterval(forget, SWEEP_MS).unref(), setInterval(() => this.#tick(), TICK_MS).unref()];
  }

  /** Whose count is shared. */
  countBy(used: (of: ShareOf) => number): void {
    this.#used = used;
  }

  /** The first slot that this gateway holds no free place of; null: it may begin. */
  lacks(slots: readonly Slot[]): Slot | null {
    const now = this.#clock.now();
    return slots.find((slot) => !this.#hasRoom(slot, now)) ?? null;
  }

  /** Whether a slot is known to be taken up by all gateways together. */
  isFull(slot: Slot): boolean {
    return this.#clock.now() < (this.#shares.get(nameOf(slot))?.fullUntil ?? 0);
  }

  /** Asks for a place of each slot that lacks one. Whether there is one then, `lacks` tells. */
  async ask(slots: readonly Slot[]): Promise<Asked> {
    const now = this.#clock.now();
    const asked = slots.filter((slot) => !this.#hasRoom(slot, now)).map((slot) => this.#await(slot));
    for (const one of await Promise.all(asked)) if (!one.ok) return one;
    return success(null);
  }

  /** A request has begun under them. */
  began(slots: readonly Slot[]): void {
    for (const slot of slots) {
      const share = this.#share(slot);
      share.peak = Math.max(share.peak, this.#used(slot));
    }
  }

  /** A request is over. What may not lie idle here is given back. */
  ended(slots: readonly Slot[]): void {
    for (const slot of slots) {
      const share = this.#shares.get(nameOf(slot));
      if (share === undefined) continue;
      const used = this.#used(slot);
      if (share.places - used > idleOf(share.free, used)) this.#enqueue(share);
    }
  }

  /** Tells the others of requests that began before they were bounded. */
  bound(slots: readonly Slot[]): void {
    for (const slot of slots) if (this.#used(slot) > 0) this.#enqueue(this.#share(slot));
  }

  /** Gives back what nobody uses any more. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#serving;
    for (const share of this.#shares.values()) {
      share.peak = 0;
      share.before = 0;
      this.#enqueue(share);
    }
    await this.#serving;
  }

  #hasRoom(slot: Slot, now: number): boolean {
    const share = this.#share(slot);
    return now < share.until - MARGIN_MS && this.#used(slot) < Math.min(share.places, slot.most);
  }

  #share(slot: Slot): Share {
    const name = nameOf(slot);
    const known = this.#shares.get(name);
    if (known !== undefined) {
      known.most = slot.most;
      return known;
    }
    const of = { tenant: slot.tenant, key: slot.key, who: slot.who };
    const counts = { places: 0, until: 0, free: 0, fullUntil: 0, tries: 0, peak: 0, before: 0 };
    const fresh: Share = { of, most: slot.most, ...counts, known: { ...UNKNOWN, version: 0 }, waiting: [] };
    this.#shares.set(name, fresh);
    return fresh;
  }

  #await(slot: Slot): Promise<Asked> {
    return new Promise((resolve) => {
      const share = this.#share(slot);
      share.waiting.push(resolve);
      this.#enqueue(share);
    });
  }

  #enqueue(share: Share): void {
    this.#queue.add(share);
    if (this.#asking) return;
    this.#asking = true;
    // What comes in the same turn asks together.
    this.#serving = new Promise((done) => {
      setImmediate(() => void this.#serve().finally(done));
    });
  }

  // What is used is renewed before it ends, what is idle as often as anybody may want it.
  #tick(): void {
    const now = this.#clock.now();
    for (const [name, share] of this.#shares) {
      const used = this.#used(share.of);
      share.before = share.peak;
      share.peak = used;
      if (share.places > used || (used > 0 && share.until - now < SHARE_MS - RENEW_MS)) this.#enqueue(share);
      else if (share.places + used + share.waiting.length + share.before === 0 && !this.#queue.has(share)) this.#shares.delete(name);
    }
  }

  // Rejects never: who waits is always answered.
  async #serve(): Promise<void> {
    while (this.#queue.size > 0) {
      const shares = nextBatch(this.#queue, ({ of }) => nameOf(of), AT_ONCE);
      const askings = shares.map((share) => this.#asked(share));
      const put = await this.#store.put(askings).catch(lostBy);
      for (const [i, asking] of askings.entries()) {
        if (!put.ok) lose(asking, put);
        else this.#settle(asking, put.value[i] ?? null);
      }
    }
    this.#asking = false;
  }

  #asked(share: Share): Asking {
    const [now, used, waiting] = [this.#clock.now(), this.#used(share.of), share.waiting.splice(0)];
    const needed = used + waiting.length;
    const until = now + SHARE_MS;
    const wish = { gateway: this.#gateway, used, needed, wanted: Math.max(needed, share.before, share.peak), most: share.most, now, until };
    const taken = takeShare(share.known.state, wish);
    // From now on: what is being given back is used no more, whenever the statement takes effect.
    share.places = Math.min(share.places, taken.places);
    return { share, of: share.of, waiting, taken, until, stored: { state: taken.state, version: share.known.version } };
  }

  #settle({ share, waiting, taken, until }: Asking, instead: StoredShares | null): void {
    if (instead !== null) {
      share.waiting.unshift(...waiting);
      share.known = instead;
      this.#clock.notBefore(instead.state.seenAt);
      share.tries += 1;
      if (share.tries <= TRIES) this.#queue.add(share);
      else giveUp(share);
      return;
    }
    share.tries = 0;
    share.known = { state: taken.state, version: share.known.version + 1 };
    share.places = taken.places;
    share.until = until;
    share.free = taken.free;
    if (waiting.length > 0 && taken.places < this.#used(share.of) + waiting.length) share.fullUntil = this.#clock.now() + FULL_MS;
    for (const resolve of waiting) resolve(success(null));
  }
}

// Whether it was written is not known: the next one reads.
function lose({ share, waiting }: Asking, lost: Extract<Asked, { ok: false }>): void {
  share.known = UNKNOWN;
  for (const resolve of waiting) resolve(lost);
}

function giveUp(share: Share): void {
  share.tries = 0;
  const lost = { ok: false, reason: 'storage.unavailable', detail: 'the places of a server are asked for too often at once' } as const;
  for (const resolve of share.waiting.splice(0)) resolve(lost);
}
