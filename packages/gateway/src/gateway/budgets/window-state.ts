import { type Charge, type Rate, SLACK_MS, WINDOW_MS } from '../budget.ts';

/** A window as gateways share it: what `Window` holds, as data. Times are milliseconds of the shared clock; units of one time stand together. */
export interface WindowState {
  readonly entries: readonly (readonly [time: number, units: number])[];
  readonly pool: number;
  readonly credit: number;
  readonly seenAt: number;
}

export interface Taking {
  readonly now: number;
  /** Units that are wanted. Those that are taken ahead count as used when they may be used last. */
  readonly want: number;
  readonly usedUntil: number;
  /** What was offered and refused meanwhile without asking: it regains no burst either. */
  readonly alsoOffered: number;
}

export interface Taken {
  readonly granted: number;
  readonly state: WindowState;
}

export const emptyWindow = ({ burst }: Rate, now: number): WindowState => ({ entries: [], pool: burst, credit: 0, seenAt: now });

/** Takes as many of the wanted units as the window has: the rules of `Window.take`, one unit after the other. */
export function takeUnits(state: WindowState, rate: Rate, taking: Taking): Taken {
  const most = rate.base + rate.burst;
  // The clock of one gateway may lag behind another's by what a message takes.
  const now = Math.max(taking.now, state.seenAt);
  const entries = state.entries.filter(([time]) => time > now - WINDOW_MS);
  const old = sum(entries.filter(([time]) => time <= now - WINDOW_MS + SLACK_MS));
  let count = sum(entries);
  let [pool, credit] = refill(state, rate, now, taking.alsoOffered);
  let granted = 0;
  for (; granted < taking.want; granted++) {
    if (granted > 0) credit = Math.max(-rate.base, credit - 1);
    if (count - old >= rate.base || count >= most) {
      if (pool < 1 || count >= most) break;
      pool -= 1;
    }
    count += 1;
  }
  // Each of those that were refused was offered as well.
  credit = Math.max(-rate.base, credit - Math.max(0, taking.want - granted - 1));
  const time = Math.max(now, taking.usedUntil);
  return { granted, state: { entries: granted === 0 ? entries : added(entries, time, granted), pool, credit, seenAt: now } };
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

/** Until when nothing is free, whatever others do: they can only make it fuller. On the shared clock. */
export function fullUntil({ entries, pool, credit, seenAt }: WindowState, rate: Rate): number {
  const count = sum(entries);
  const whole = count >= rate.base + rate.burst ? timeAt(entries, 0) + WINDOW_MS : 0;
  const base = timeAt(entries, Math.max(0, count - rate.base)) + WINDOW_MS - SLACK_MS;
  const burst = seenAt + (Math.max(0, 1 - pool - credit) * WINDOW_MS) / rate.base;
  return Math.max(whole, Math.min(base, burst));
}

const sum = (entries: WindowState['entries']): number => entries.reduce((total, [, units]) => total + units, 0);

function refill({ pool, credit, seenAt }: WindowState, { base, burst }: Rate, now: number, alsoOffered: number): [number, number] {
  const earned = credit - alsoOffered + ((now - seenAt) * base) / WINDOW_MS;
  return [Math.min(burst, pool + Math.max(0, earned)), Math.max(-base, Math.min(0, earned) - 1)];
}

function added(entries: WindowState['entries'], time: number, units: number): WindowState['entries'] {
  const last = entries.at(-1);
  return last?.[0] === time ? [...entries.slice(0, -1), [time, last[1] + units]] : [...entries, [time, units]];
}

/** The time of the unit at a position. */
function timeAt(entries: WindowState['entries'], position: number): number {
  let passed = 0;
  for (const [time, units] of entries) {
    passed += units;
    if (passed > position) return time;
  }
  return entries.at(-1)?.[0] ?? 0;
}

function resetSeconds(entries: WindowState['entries'], beyond: number, now: number): number {
  if (entries.length === 0) return 1;
  return Math.max(1, Math.ceil((timeAt(entries, Math.max(0, beyond)) + WINDOW_MS - now) / 1000));
}
