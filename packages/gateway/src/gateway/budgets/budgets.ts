import { Recent } from '../../base/recent.ts';
import type { Result } from '../../base/result.ts';
import type { StorageReason } from '../../contracts/reasons/storage.ts';
import type { Budgets, Charge, Rate } from '../budget.ts';
import { type Account, type Asked, aheadFor, LEASE_MS, leftOf, newAccount, retire, runsOut, useLease, want } from './account.ts';
import type { BudgetStore, Put, StoredWindow } from './budget-store.ts';
import { lostBy } from './lost-by.ts';
import { nextBatch } from './next-batch.ts';
import type { SharedClock } from './shared-clock.ts';
import { chargeOf, emptyWindow, fullUntil, type Spent, type Taken, takeUnits } from './window-state.ts';

/** Windows that one statement asks for. */
const AT_ONCE = 256;
const TRIES = 20;
const CAPACITY = 100_000;
const TICK_MS = 200;
const SWEEP_MS = 60_000;
/** A window that nobody used for so long says nothing any more: its units and its refusals are forgotten after two minutes. */
const FORGOTTEN_MS = 600_000;

/** What is asked of one window. */
interface Asking extends Put {
  readonly account: Account;
  readonly waiting: Account['waiting'];
  readonly taken: Taken;
  readonly spent: readonly Spent[];
  readonly refused: number;
  readonly now: number;
}

/**
 * Budgets that gateways on one database share: a principal has the same units whichever of them it asks. A window is one row that changes only as the
 * gateway knew it; where another was faster, it is read and tried again. One statement is under way and asks for every principal that came meanwhile;
 * who comes often and is far from its bound has units taken ahead, and rarely waits.
 */
export class SharedBudgets implements Budgets {
  readonly #store: BudgetStore;
  readonly #clock: SharedClock;
  readonly #accounts = new Recent<Account>(CAPACITY);
  readonly #leased = new Set<Account>();
  #queue = new Set<Account>();
  #asking = false;
  #serving: Promise<void> = Promise.resolve();
  #closing = false;
  readonly #timers: readonly NodeJS.Timeout[];

  constructor(store: BudgetStore, clock: SharedClock) {
    this.#store = store;
    this.#clock = clock;
    const forget = () => void this.#store.forget(this.#now() - FORGOTTEN_MS);
    this.#timers = [setInterval(forget, SWEEP_MS).unref(), setInterval(() => this.#renew(), TICK_MS).unref()];
  }

  take(principal: string, rate: Rate): Charge | Promise<Asked> {
    const now = this.#now();
    const account = this.#account(principal, rate);
    want(account, now);
    if (useLease(account, now)) {
      if (runsOut(account, now)) this.#ask(account);
      const charge = chargeOf(account.known.state, rate, now, true);
      return { ...charge, remaining: charge.remaining + leftOf(account, now) };
    }
    if (now < account.fullUntil) {
      account.refusedSince += 1;
      return chargeOf(account.known.state, rate, now, false);
    }
    return new Promise((resolve) => {
      account.waiting.push(resolve);
      this.#ask(account);
    });
  }

  /** Gives back what was taken ahead and not used. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#closing = true;
    await this.#serving;
    for (const account of this.#leased) {
      account.spent.push(...account.leases.splice(0));
      this.#ask(account);
    }
    await this.#serving;
  }

  #now(): number {
    return this.#clock.now();
  }

  #account(principal: string, rate: Rate): Account {
    const known = this.#accounts.get(principal);
    if (known !== undefined && known.rate.base === rate.base && known.rate.burst === rate.burst) return known;
    const fresh = newAccount(principal, rate, this.#now());
    this.#accounts.set(principal, fresh);
    return fresh;
  }

  #ask(account: Account): void {
    this.#queue.add(account);
    if (this.#asking) return;
    this.#asking = true;
    // What comes in the same turn asks together.
    this.#serving = new Promise((done) => {
      setImmediate(() => void this.#serve().finally(done));
    });
  }

  // Leases that end soon are renewed for whoever uses them; those that are over are settled.
  #renew(): void {
    const now = this.#now();
    for (const account of this.#leased) {
      if (runsOut(account, now) || account.leases.some(({ until }) => now >= until)) this.#ask(account);
      if (account.leases.length + account.spent.length === 0) this.#leased.delete(account);
    }
  }

  // Rejects never: who waits is always answered.
  async #serve(): Promise<void> {
    while (this.#queue.size > 0) {
      const accounts = nextBatch(this.#queue, ({ principal }) => principal, AT_ONCE);
      const now = this.#now();
      const ahead = (account: Account): number => (this.#closing ? 0 : aheadFor(account, now));
      const askings = accounts.map((account) => this.#asked(account, now, ahead(account))).filter(isNews);
      if (askings.length === 0) continue;
      const put = await this.#store.put(askings).catch(lostBy);
      for (const [i, asking] of askings.entries()) {
        if (!put.ok) this.#lose(asking, put);
        else this.#settle(asking, put.value[i] ?? null);
      }
    }
    this.#asking = false;
  }

  #asked(account: Account, now: number, ahead: number): Asking {
    retire(account, now);
    const { principal, rate, known, refusedSince: refused } = account;
    const [waiting, spent] = [account.waiting.splice(0), account.spent.splice(0)];
    const taking = { now, want: waiting.length, ahead, usedUntil: now + LEASE_MS, spent, alsoOffered: refused };
    const taken = takeUnits(known.state, rate, taking);
    return { account, waiting, spent, refused, now, taken, principal, rate, window: { state: taken.state, version: known.version } };
  }

  #settle({ account, waiting, spent, refused, taken, now }: Asking, instead: StoredWindow | null): void {
    if (instead !== null) {
      // It had no effect: all of it is asked again of what stands there.
      account.waiting.unshift(...waiting);
      account.spent.unshift(...spent);
      account.known = instead;
      this.#clock.notBefore(instead.state.seenAt);
      account.tries += 1;
      if (account.tries <= TRIES) this.#queue.add(account);
      else giveUp(account);
      return;
    }
    account.tries = 0;
    account.known = { state: taken.state, version: account.known.version + 1 };
    account.refusedSince -= refused;
    const { granted, leased } = taken;
    if (leased > 0) account.leases.push({ until: Math.max(taken.state.seenAt, now + LEASE_MS), units: leased, left: leased, used: [] });
    if (leased > 0) this.#leased.add(account);
    account.fullUntil = granted < waiting.length ? fullUntil(taken.state, account.rate) : 0;
    for (const [i, resolve] of waiting.entries())
      resolve({ ok: true, value: chargeOf(taken.state, account.rate, this.#now(), i < granted) });
  }

  // Whether it was written is not known: the next one reads, and what was taken ahead counts as used when it ends.
  #lose({ account, waiting, now }: Asking, lost: Extract<Result<never, StorageReason>, { ok: false }>): void {
    account.known = { state: emptyWindow(account.rate, now), version: -1 };
    for (const resolve of waiting) resolve(lost);
  }
}

const isNews = ({ waiting, spent, taken }: Asking): boolean => waiting.length + spent.length + taken.leased > 0;

function giveUp(account: Account): void {
  account.tries = 0;
  const reason = 'storage.unavailable';
  for (const resolve of account.waiting.splice(0))
    resolve({ ok: false, reason, detail: 'the budget of a principal is asked for too often at once' });
}
