import type { Clock } from '../../base/clock.ts';
import type { Result } from '../../base/result.ts';
import type { StorageReason } from '../../contracts/reasons/storage.ts';
import type { Budgets, Charge, Rate } from '../budget.ts';
import { Recent } from '../recent.ts';
import type { BudgetStore, StoredWindow } from './budget-store.ts';
import { chargeOf, emptyWindow, fullUntil, type Taken, takeUnits } from './window-state.ts';

type Asked = Result<Charge, StorageReason>;

/** Rates at and above it are leased ahead, a hundredth of a minute's units at a time; below it every unit is asked for, so that the bound is exact. */
const LEASED_FROM = 1000;
const LEASE_SHARE = 100;
const LEASE_MS = 1000;
const TRIES = 20;
const CAPACITY = 100_000;
const SWEEP_MS = 60_000;
/** A window that nobody used for so long says nothing any more: its units and its refusals are forgotten after two minutes. */
const FORGOTTEN_MS = 600_000;

interface Account {
  rate: Rate;
  known: StoredWindow;
  /** Units taken ahead, and until when on the shared clock. */
  left: number;
  leftUntil: number;
  /** Until then the window is known to be full: others can only make it fuller. */
  fullUntil: number;
  refusedSince: number;
  waiting: ((answer: Asked) => void)[];
  asking: boolean;
}

/**
 * Budgets that gateways on one database share: a principal has the same units whichever of them it asks. A window is one row that changes only as the
 * gateway knew it; where another was faster, it is read and tried again. Requests that come together ask once.
 */
export class SharedBudgets implements Budgets {
  readonly #store: BudgetStore;
  readonly #clock: Clock;
  readonly #accounts = new Recent<Account>(CAPACITY);
  readonly #sweep: NodeJS.Timeout;
  /** Adds to our monotonic clock what makes it the shared one. It only grows: a wall clock that is set neither resets a window nor locks it. */
  #ahead: number;

  constructor(store: BudgetStore, clock: Clock, sharedNow: number) {
    this.#store = store;
    this.#clock = clock;
    this.#ahead = sharedNow - clock.monotonic();
    this.#sweep = setInterval(() => void this.#store.forget(this.#now() - FORGOTTEN_MS), SWEEP_MS).unref();
  }

  take(principal: string, rate: Rate): Charge | Promise<Asked> {
    const now = this.#now();
    const account = this.#account(principal, rate);
    if (account.left > 0 && now < account.leftUntil) {
      account.left -= 1;
      const charge = chargeOf(account.known.state, rate, now, true);
      return { ...charge, remaining: charge.remaining + account.left };
    }
    if (now < account.fullUntil && !account.asking) {
      account.refusedSince += 1;
      return chargeOf(account.known.state, rate, now, false);
    }
    return new Promise((resolve) => {
      account.waiting.push(resolve);
      if (account.asking) return;
      account.asking = true;
      // What comes in the same turn asks together.
      setImmediate(() => void this.#serve(principal, account));
    });
  }

  close(): void {
    clearInterval(this.#sweep);
  }

  #now(): number {
    return Math.floor(this.#clock.monotonic() + this.#ahead);
  }

  #account(principal: string, rate: Rate): Account {
    const known = this.#accounts.get(principal);
    if (known !== undefined && known.rate.base === rate.base && known.rate.burst === rate.burst) return known;
    const state = emptyWindow(rate, this.#now());
    const fresh: Account = {
      rate,
      known: { state, version: 0 },
      left: 0,
      leftUntil: 0,
      fullUntil: 0,
      refusedSince: 0,
      waiting: [],
      asking: false,
    };
    this.#accounts.set(principal, fresh);
    return fresh;
  }

  // Rejects never: who waits is always answered.
  async #serve(principal: string, account: Account): Promise<void> {
    while (account.waiting.length > 0) {
      const waiting = account.waiting.splice(0);
      const answers = await this.#ask(principal, account, waiting.length);
      for (const [i, resolve] of waiting.entries()) resolve(answers(i));
    }
    account.asking = false;
  }

  async #ask(principal: string, account: Account, count: number): Promise<(i: number) => Asked> {
    const ahead = account.rate.base >= LEASED_FROM ? Math.floor(account.rate.base / LEASE_SHARE) : 0;
    const taken = await this.#take(principal, account, { want: count + ahead, leased: ahead > 0 });
    if (!taken.ok) return () => taken;
    const { granted } = taken.value;
    const now = this.#now();
    account.left = Math.max(0, granted - count);
    account.leftUntil = now + LEASE_MS;
    account.fullUntil = granted < count ? fullUntil(taken.value.state, account.rate) : 0;
    return (i) => ({ ok: true, value: chargeOf(taken.value.state, account.rate, now, i < granted) });
  }

  async #take(
    principal: string,
    account: Account,
    { want, leased }: { readonly want: number; readonly leased: boolean },
  ): Promise<Result<Taken, StorageReason>> {
    const refused = account.refusedSince;
    for (let attempt = 0; ; attempt++) {
      const now = this.#now();
      const usedUntil = leased ? now + LEASE_MS : now;
      const taken = takeUnits(account.known.state, account.rate, { now, want, usedUntil, alsoOffered: refused });
      const put = await this.#store.put(principal, account.rate, { state: taken.state, version: account.known.version });
      if (!put.ok) {
        // Whether it was written is not known: the next one reads.
        account.known = { state: emptyWindow(account.rate, now), version: -1 };
        return put;
      }
      if (put.value === null) {
        account.known = { state: taken.state, version: account.known.version + 1 };
        account.refusedSince -= refused;
        return { ok: true, value: taken };
      }
      if (attempt >= TRIES)
        return { ok: false, reason: 'storage.unavailable', detail: 'the budget of a principal is asked for too often at once' };
      account.known = put.value;
      this.#ahead += Math.max(0, put.value.state.seenAt - this.#now());
    }
  }
}
