import { type Charge, type Rate, SLACK_MS, WINDOW_MS } from '../budget.ts';

/** A window as gateways share it: what `Window` holds, as data. Times are milliseconds of the shared clock; units of one time stand together. */
export interface WindowState {
  /** In the order of their times. */
  readonly entries: readonly Units[];
  readonly pool: number;
  readonly credit: number;
  readonly seenAt: number;
}

/** Units of one time. */
export type Units = readonly [time: number, units: number];

/** Units that were taken ahead and can be used no more. Until they are settled, all of them count as used at `until`. */
export interface Spent {
  readonly until: number;
  readonly units: number;
  /** Those that were used, at times not before they were. The others are given back. */
  readonly used: readonly Units[];
}

export interface Taking {
  readonly now: number;
  /** Units that are used now. */
  readonly want: number;
  /** Units that are taken ahead at most, to be used before `usedUntil`: they count as used then, so that no minute ever holds too many. */
  readonly ahead: number;
  readonly usedUntil: number;
  readonly spent: readonly Spent[];
  /** What was offered and refused meanwhile without asking: it regains no burst either. */
  readonly alsoOffered: number;
}

export interface Taken {
  readonly granted: number;
  /** Of those that were taken ahead. */
  readonly leased: number;
  readonly state: WindowState;
}

export const emptyWindow = ({ burst }: Rate, now: number): WindowState => ({ entries: [], pool: burst, credit: 0, seenAt: now });

/** What is taken ahead is at most this part of what is left: near the bound every unit is asked for, and what is left is everybody's. */
const LEASED_PART = 20;

/** Takes as many of the wanted units as the window has: the rules of `Window.take`, one unit after the other. */
export function takeUnits(state: WindowState, rate: Rate, taking: Taking): Taken {
  const most = rate.base + rate.burst;
  // The clock of one gateway may lag behind another's by what a message takes.
  const now = Math.max(taking.now, state.seenAt);
  const settled = settle(state.entries, taking.spent);
  const entries = settled.entries.filter(([time]) => time > now - WINDOW_MS);
  const old = sum(entries.filter(([time]) => time <= now - WINDOW_MS + SLACK_MS));
  const before = sum(entries);
  const earned = state.credit + settled.unused - taking.alsoOffered + ((now - state.seenAt) * rate.base) / WINDOW_MS;
  let pool = Math.min(rate.burst, state.pool + Math.max(0, earned));
  let count = before;
  while (count - before < taking.want && count < most) {
    if (count - old >= rate.base) {
      if (pool < 1) break;
      pool -= 1;
    }
    count += 1;
  }
  const granted = count - before;
  const leased = granted < taking.want ? 0 : Math.min(taking.ahead, Math.floor(Math.max(0, rate.base - (count - old)) / LEASED_PART));
  // Each of those that were refused was offered as well.
  const credit = Math.max(-rate.base, Math.min(0, earned) - taking.want - leased);
  const used = added(added(entries, now, granted), Math.max(now, taking.usedUntil), leased);
  return { granted, leased, state: { entries: used, pool, credit, seenAt: now } };
}

/** What a caller is told who asks now. */
export function chargeOf({ entries, pool }: WindowState, rate: Rate, now: number, allowed: boolean): Charge {
  const live = entries.filter(([time]) => time > now - WINDOW_MS);
  const count = sum(live);
  const old = sum(live.filter(([time]) => time <= now - WINDOW_MS + SLACK_MS));
  const base = Math.max(0, rate.base - (count - old));
  const remaining = Math.min(base + Math.floor(pool), rate.base + rate.burst - count);
  return { allowed, remaining: Math.max(0, remaining), resetSeconds: resetSeconds(live, count - rate.base, now) };
}

/** How long a window counts as full that holds units which were taken ahead. */
const MAY_COME_BACK_MS = 1000;

/** Until when nothing is free, whatever others do: they can only make it fuller, but for what they give back. On the shared clock. */
export function fullUntil({ entries, pool, credit, seenAt }: WindowState, rate: Rate): number {
  const count = sum(entries);
  const whole = count >= rate.base + rate.burst ? timeAt(entries, 0) + WINDOW_MS : 0;
  const base = timeAt(entries, Math.max(0, count - rate.base)) + WINDOW_MS - SLACK_MS;
  const burst = seenAt + (Math.max(0, 1 - pool - credit) * WINDOW_MS) / rate.base;
  const full = Math.max(whole, Math.min(base, burst));
  // Units that were taken ahead may come back.
  return (entries.at(-1)?.[0] ?? 0) > seenAt ? Math.min(full, seenAt + MAY_COME_BACK_MS) : full;
}

const sum = (entries: readonly Units[]): number => entries.reduce((total, [, units]) => total + units, 0);

/** Puts what was used of leases at its time, and takes out what was not. */
function settle(entries: readonly Units[], spent: readonly Spent[]): { readonly entries: readonly Units[]; readonly unused: number } {
  let [settled, unused] = [entries, 0];
  for (const { until, units, used } of spent) {
    const place = settled.findIndex(([time]) => time === until);
    const there = settled[place]?.[1] ?? 0;
    // It left the window meanwhile.
    if (there < units) continue;
    settled = there === units ? settled.toSpliced(place, 1) : settled.with(place, [until, there - units]);
    for (const [time, count] of used) settled = added(settled, time, count);
    unused += units - sum(used);
  }
  return { entries: settled, unused };
}

function added(entries: readonly Units[], time: number, units: number): readonly Units[] {
  if (units === 0) return entries;
  const after = entries.findLastIndex((entry) => entry[0] <= time);
  const last = entries[after];
  return last?.[0] === time ? entries.with(after, [time, last[1] + units]) : entries.toSpliced(after + 1, 0, [time, units]);
}

/** The time of the unit at a position. */
function timeAt(entries: readonly Units[], position: number): number {
  let passed = 0;
  for (const [time, units] of entries) {
    passed += units;
    if (passed > position) return time;
  }
  return entries.at(-1)?.[0] ?? 0;
}

function resetSeconds(entries: readonly Units[], beyond: number, now: number): number {
  if (entries.length === 0) return 1;
  return Math.max(1, Math.ceil((timeAt(entries, Math.max(0, beyond)) + WINDOW_MS - now) / 1000));
}
