import type { Result } from '../../base/result.ts';
import type { StorageReason } from '../../contracts/reasons/storage.ts';
import type { Charge, Rate } from '../budget.ts';
import type { StoredWindow } from './budget-store.ts';
import { emptyWindow, type Spent, type Units } from './window-state.ts';

export type Asked = Result<Charge, StorageReason>;

/** How long units that were taken ahead may be used. */
export const LEASE_MS = 5000;
/** Above it, units that were used within half a second are settled together: what that shifts is far below a hundredth. */
const EXACT_BELOW = 1000;
const GRAIN_MS = 500;

/** Units that were taken ahead: counted already, for whoever comes before `until`. */
interface Lease {
  readonly until: number;
  readonly units: number;
  left: number;
  used: readonly Units[];
}

/** What this gateway knows of the window of one principal. */
export interface Account {
  readonly principal: string;
  readonly rate: Rate;
  known: StoredWindow;
  /** Oldest first. */
  leases: Lease[];
  spent: Spent[];
  /** Until then the window is known to be full. */
  fullUntil: number;
  refusedSince: number;
  waiting: ((answer: Asked) => void)[];
  /** How often in a row another gateway was faster. */
  tries: number;
  wantedAt: number;
  demand: { readonly since: number; readonly before: number; now: number };
}

export const newAccount = (principal: string, rate: Rate, now: number): Account => ({
  principal,
  rate,
  wantedAt: now,
  known: { state: emptyWindow(rate, now), version: 0 },
  leases: [],
  spent: [],
  fullUntil: 0,
  refusedSince: 0,
  waiting: [],
  tries: 0,
  demand: { since: now, before: 0, now: 0 },
});

/** Notes that a unit was asked for. */
export function want(account: Account, now: number): void {
  account.demand = demandAt(account, now);
  account.demand.now += 1;
  account.wantedAt = now;
}

/** Takes a unit out of a lease. False where none holds any. */
export function useLease(account: Account, now: number): boolean {
  const lease = account.leases.find(({ left, until }) => left > 0 && now < until);
  if (lease === undefined) return false;
  lease.left -= 1;
  const grain = account.rate.base < EXACT_BELOW ? 1 : GRAIN_MS;
  const time = Math.min(lease.until, Math.ceil(now / grain) * grain);
  const last = lease.used.at(-1);
  lease.used = last?.[0] === time ? lease.used.with(-1, [time, last[1] + 1]) : [...lease.used, [time, 1]];
  return true;
}

export const leftOf = ({ leases }: Account, now: number): number =>
  leases.reduce((sum, { left, until }) => sum + (now < until ? left : 0), 0);

/** Whether the next unit will soon have to be asked for, by one who comes as often as now. */
export function runsOut(account: Account, now: number): boolean {
  const last = account.leases.at(-1);
  if (last === undefined || last.used.length === 0 || now - account.wantedAt > LEASE_MS / 2) return false;
  return 4 * leftOf(account, now) <= last.units || last.until - now < LEASE_MS / 10;
}

/** Puts aside the leases that can be used no more. */
export function retire(account: Account, now: number): void {
  const over = ({ left, until }: Lease): boolean => left === 0 || now >= until;
  account.spent.push(...account.leases.filter(over));
  account.leases = account.leases.filter((lease) => !over(lease));
}

/** How many units to take ahead: what was wanted in the last seconds, less what is there. None for one that comes no more. */
export function aheadFor(account: Account, now: number): number {
  if (account.waiting.length === 0 && !runsOut(account, now)) return 0;
  const { before, now: current } = demandAt(account, now);
  return Math.max(0, before + current - account.waiting.length - leftOf(account, now));
}

// Two spans of a lease's length, the younger one not over yet.
function demandAt({ demand }: Account, now: number): Account['demand'] {
  const age = now - demand.since;
  if (age < LEASE_MS) return demand;
  return { since: now, before: age < 2 * LEASE_MS ? demand.now : 0, now: 0 };
}
