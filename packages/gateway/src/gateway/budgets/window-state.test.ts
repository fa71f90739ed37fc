import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Window } from '../budget.ts';
import { chargeOf, emptyWindow, fullUntil, takeUnits, type WindowState } from './window-state.ts';

const RATE = { base: 10, burst: 4 };

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
        const taken = takeUnits(state, RATE, { now, want: 1, usedUntil: now, alsoOffered: 0 });
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
          const taken = takeUnits(state, RATE, { now, want, usedUntil: now, alsoOffered: 0 });
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
          const taken = takeUnits(state, RATE, { now, want: 1, usedUntil: now, alsoOffered: 0 });
          state = taken.state;
          if (taken.granted === 1) continue;
          const within = now + (fullUntil(state, RATE) - now) * part;
          if (within > now) expect(takeUnits(state, RATE, { now: within, want: 1, usedUntil: within, alsoOffered: 0 }).granted).toBe(0);
        }
      },
    ),
  );
});

test('units that are taken ahead count until the last moment at which they may be used', () => {
  const first = takeUnits(emptyWindow(RATE, 0), RATE, { now: 0, want: 14, usedUntil: 1000, alsoOffered: 0 });
  expect(first.granted).toBe(14);
  expect(takeUnits(first.state, RATE, { now: 60_500, want: 1, usedUntil: 60_500, alsoOffered: 0 }).granted).toBe(0);
});

test('a clock that lags behind takes no unit back from the past', () => {
  const first = takeUnits(emptyWindow(RATE, 0), RATE, { now: 70_000, want: 14, usedUntil: 70_000, alsoOffered: 0 });
  const late = takeUnits(first.state, RATE, { now: 5000, want: 1, usedUntil: 5000, alsoOffered: 0 });
  expect(late.granted).toBe(0);
  expect(late.state.seenAt).toBe(70_000);
});
