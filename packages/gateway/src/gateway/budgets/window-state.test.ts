import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Window } from '../budget.ts';
import { chargeOf, emptyWindow, fullUntil, type Spent, takeUnits, type WindowState } from './window-state.ts';

const RATE = { base: 10, burst: 4 };
const GUIDE = { base: 100, burst: 20 };
const NOTHING_AHEAD = { ahead: 0, usedUntil: 0, spent: [], alsoOffered: 0 };

test('unit by unit it gives what the window of one gateway gives', () => {
  const pauses = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1000, max: 70_000 })), {
    maxLength: 120,
  });
  fc.assert(
    fc.property(pauses, (steps) => {
      const window = new Window(RATE, 0);
      let state: WindowState = emptyWindow(RATE, 0);
      let now = 0;
      for (const step of steps) {
        now += step;
        const taken = takeUnits(state, RATE, { ...NOTHING_AHEAD, now, want: 1 });
        state = JSON.parse(JSON.stringify(taken.state));
        const { allowed, remaining, resetSeconds } = window.take(now);
        expect(chargeOf(state, RATE, now, taken.granted === 1)).toEqual({ allowed, remaining, resetSeconds });
      }
    }),
  );
});

test('many at once get what they would get one after the other', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ pause: fc.integer({ min: 0, max: 20_000 }), want: fc.integer({ min: 1, max: 30 }) }), { maxLength: 40 }),
      (steps) => {
        const window = new Window(RATE, 0);
        let state: WindowState = emptyWindow(RATE, 0);
        let now = 0;
        for (const { pause, want } of steps) {
          now += pause;
          const taken = takeUnits(state, RATE, { ...NOTHING_AHEAD, now, want });
          state = taken.state;
          const allowed = Array.from({ length: want }, () => window.take(now)).filter((charge) => charge.allowed).length;
          expect(taken.granted).toBe(allowed);
        }
      },
    ),
  );
});

test('while a window says that it is full, nothing of it is free', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 9000 }), { minLength: 20, maxLength: 80 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (steps, part) => {
        let state: WindowState = emptyWindow(RATE, 0);
        let now = 0;
        for (const step of steps) {
          now += step;
          const taken = takeUnits(state, RATE, { ...NOTHING_AHEAD, now, want: 1 });
          state = taken.state;
          if (taken.granted === 1) continue;
          const within = now + (fullUntil(state, RATE) - now) * part;
          if (within > now) expect(takeUnits(state, RATE, { ...NOTHING_AHEAD, now: within, want: 1 }).granted).toBe(0);
        }
      },
    ),
  );
});

test('units that are taken ahead count until the last moment at which they may be used', () => {
  const first = takeUnits(emptyWindow(GUIDE, 0), GUIDE, { ...NOTHING_AHEAD, now: 0, want: 1, ahead: 4, usedUntil: 5000 });
  expect(first).toMatchObject({ granted: 1, leased: 4 });
  const later = takeUnits(first.state, GUIDE, { ...NOTHING_AHEAD, now: 64_000, want: 120 });
  expect(later.granted).toBe(116);
});

test('ever fewer units are taken ahead the fuller a window is, and none of the last ones', () => {
  const ahead = (used: number): number => {
    const { state } = takeUnits(emptyWindow(GUIDE, 0), GUIDE, { ...NOTHING_AHEAD, now: 0, want: used });
    return takeUnits(state, GUIDE, { ...NOTHING_AHEAD, now: 1, want: 0, ahead: 1000, usedUntil: 5000 }).leased;
  };
  expect([0, 20, 60, 80, 81, 100, 120].map(ahead)).toEqual([5, 4, 2, 1, 0, 0, 0]);
});

test('what is not used of a lease comes back, the burst with it; what was used counts from when it was', () => {
  const { state } = takeUnits(emptyWindow(GUIDE, 0), GUIDE, { ...NOTHING_AHEAD, now: 0, want: 0, ahead: 5, usedUntil: 5000 });
  const spent: readonly Spent[] = [{ until: 5000, units: 5, used: [[1000, 1]] }];
  const settled = takeUnits(state, GUIDE, { ...NOTHING_AHEAD, now: 5000, want: 0, spent });
  expect(settled.state).toMatchObject({ entries: [[1000, 1]], pool: 20, credit: 0 });
});

test('a lease that is settled where it stands no more takes nothing from others', () => {
  const others = takeUnits(emptyWindow(GUIDE, 0), GUIDE, { ...NOTHING_AHEAD, now: 4000, want: 3 });
  const spent: readonly Spent[] = [{ until: 4000, units: 5, used: [] }];
  const settled = takeUnits(others.state, GUIDE, { ...NOTHING_AHEAD, now: 4000, want: 0, spent });
  expect(settled.state.entries).toEqual([[4000, 3]]);
});

// Two gateways with leases, either of which may be killed and lose them.
test('whatever is taken ahead, used, given back or lost: in no minute more than base and burst are used', () => {
  const step = fc.record({
    pause: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 300 }), fc.integer({ min: 300, max: 9000 })),
    gateway: fc.integer({ min: 0, max: 1 }),
    want: fc.integer({ min: 0, max: 12 }),
    ahead: fc.integer({ min: 0, max: 40 }),
    killed: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 30, maxLength: 300 }), (steps) => {
      const rate = { base: 60, burst: 12 };
      type Lease = { until: number; units: number; used: [number, number][] };
      const held: Lease[][] = [[], []];
      const used: number[] = [];
      let state = emptyWindow(rate, 0);
      let now = 0;
      for (const { pause, gateway, want, ahead, killed } of steps) {
        now += pause;
        const own = held[gateway] ?? [];
        for (const lease of own)
          if (now < lease.until && lease.used.length < lease.units) {
            lease.used.push([now, 1]);
            used.push(now);
          }
        const over = own.filter((lease) => now >= lease.until || lease.used.length === lease.units);
        const taken = takeUnits(state, rate, { now, want, ahead, usedUntil: now + 5000, spent: over, alsoOffered: 0 });
        state = taken.state;
        for (let i = 0; i < taken.granted; i++) used.push(now);
        const left = own.filter((lease) => !over.includes(lease));
        if (taken.leased > 0) left.push({ until: now + 5000, units: taken.leased, used: [] });
        held[gateway] = killed ? [] : left;
      }
      const most = Math.max(0, ...used.map((start) => used.filter((at) => at >= start && at < start + 60_000).length));
      expect(most).toBeLessThanOrEqual(72);
    }),
  );
});

test('a clock that lags behind takes no unit back from the past', () => {
  const first = takeUnits(emptyWindow(RATE, 0), RATE, { ...NOTHING_AHEAD, now: 70_000, want: 14 });
  const late = takeUnits(first.state, RATE, { ...NOTHING_AHEAD, now: 5000, want: 1 });
  expect(late.granted).toBe(0);
  expect(late.state.seenAt).toBe(70_000);
});
