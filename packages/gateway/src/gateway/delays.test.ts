import { describe, expect, it } from 'vitest';
import { Windows } from './budget.ts';
import { Delays } from './delays.ts';

const RATE = { base: 100, burst: 20 };

/** The two together, as a guard asks them: seconds to wait, or 0 for what was let through. */
function limiter() {
  const windows = new Windows(RATE);
  const delays = new Delays();
  const ask = (now: number, key = 'k'): number => {
    const delayed = delays.delayed(key, now);
    if (delayed > 0) return delayed;
    const charge = windows.of(key, now).take(now);
    return charge.allowed ? 0 : delays.refused(key, charge.resetSeconds, now);
  };
  return { ask, delays };
}

/** Every wait that was told, with the time, for one request each `everyMs`. */
function abuse(ask: (now: number) => number, from: number, until: number, everyMs: number) {
  const told: { readonly at: number; readonly wait: number }[] = [];
  for (let at = from; at < until; at += everyMs) told.push({ at, wait: ask(at) });
  return told;
}

const MINUTE = 60_000;

describe('progressive delays', () => {
  it('take no part before three minutes with refusals are over', () => {
    const [plain, windows] = [limiter(), new Windows(RATE)];
    for (let at = 0; at < 3 * MINUTE; at += 300) {
      const charge = windows.of('k', at).take(at);
      expect(plain.ask(at)).toBe(charge.allowed ? 0 : charge.resetSeconds);
    }
  });

  it('then add 1, 2, 4, 8, 16, 32 and at most 60 seconds to the wait, a step each time that the caller comes early again', () => {
    const delays = new Delays();
    const steps: number[] = [];
    let at = 0;
    // Told to wait ten seconds, always, and back after three.
    const early = (): number => {
      at += 3000;
      const delayed = delays.delayed('k', at);
      return delayed > 0 ? -delayed : delays.refused('k', 10, at);
    };
    while (at < 30 * MINUTE) {
      const wait = early();
      if (wait > 10) steps.push(wait - 10);
    }
    expect(steps.slice(0, 9)).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
  });

  it('tell what is left of a delay while it lasts, let nothing through, and are over when they said', () => {
    const { ask } = limiter();
    const told = abuse(ask, 0, 60 * MINUTE, 300);
    const longest = Math.max(...told.map(({ wait }) => wait));
    expect(longest).toBeGreaterThan(60);
    expect(longest).toBeLessThanOrEqual(120);
    const [from] = told.filter(({ wait }) => wait === longest);
    const during = told.filter(({ at }) => from !== undefined && at > from.at && at < from.at + longest * 1000);
    expect(during.every(({ wait, at }) => wait === Math.ceil(((from?.at ?? 0) + longest * 1000 - at) / 1000))).toBe(true);
    expect(ask((from?.at ?? 0) + 60 * MINUTE + longest * 1000)).toBe(0);
  });

  it('cost an abuser more than its refusals, but never shut it out', () => {
    const { ask } = limiter();
    const told = abuse(ask, 0, 60 * MINUTE, 300);
    const through = (from: number): number => told.filter(({ at, wait }) => wait === 0 && at >= from && at < from + 10 * MINUTE).length;
    expect(through(0)).toBeLessThan(1020);
    expect(through(50 * MINUTE)).toBeLessThan(through(0));
    expect(through(50 * MINUTE)).toBeGreaterThan(200);
  });

  it.each([1, 7, 100, 250])(
    'never touch a caller that honours Retry-After and sends as much as it may every %i ms otherwise',
    (everyMs) => {
      const [{ ask }, windows] = [limiter(), new Windows(RATE)];
      let at = 0;
      while (at < 30 * MINUTE) {
        const charge = windows.of('k', at).take(at);
        const wait = ask(at);
        expect(wait).toBe(charge.allowed ? 0 : charge.resetSeconds);
        at += wait === 0 ? everyMs : wait * 1000;
      }
    },
  );

  it('do not count what was under way when the caller was told', () => {
    const delays = new Delays();
    for (let minute = 0; minute < 20; minute++)
      for (let i = 0; i < 50; i++) expect(delays.refused('k', 30, minute * MINUTE + i * 30)).toBe(30);
  });

  it('decay by a step a quiet minute, and begin anew with three minutes after all of them', () => {
    const delayOf = (quiet: number): number => {
      const delays = new Delays();
      let at = 0;
      const early = (): number => {
        at += 3000;
        return delays.delayed('k', at) > 0 ? 0 : delays.refused('k', 10, at);
      };
      let last = 0;
      while (last < 42) last = Math.max(last, early());
      at += quiet * MINUTE;
      early();
      return early() - 10;
    };
    // Six steps were taken, so the next is 60 seconds.
    expect([1, 2, 3, 4, 5, 6, 10].map(delayOf)).toEqual([32, 16, 8, 4, 2, 0, 0]);
  });

  it('are begun anew by a minute without an early return', () => {
    const delays = new Delays();
    for (const minute of [0, 1, 3, 4, 6, 7]) {
      for (const second of [0, 5, 10]) expect(delays.refused('k', 30, minute * MINUTE + second * 1000)).toBe(30);
    }
  });

  it('remember a bounded number of keys, and of a million the last; windows likewise [R2-056 part: a million callers]', () => {
    const before = process.memoryUsage();
    const [delays, windows] = [new Delays(), new Windows(RATE)];
    for (let i = 0; i < 1_000_000; i++) {
      delays.refused(`address ${i}`, 30, i);
      windows.of(`address ${i}`, i).take(i);
      if (i % 20_000 === 0) windows.of('comes back', i).take(i);
    }
    const after = process.memoryUsage();
    for (const { size } of [delays, windows]) expect(size).toBeLessThanOrEqual(100_000);
    // Garbage that was not collected yet is in it.
    expect(after.rss - before.rss).toBeLessThan(512 * 2 ** 20);
    // The oldest are forgotten; the newest, and whoever comes back now and then, are not.
    const now = 1_000_001;
    const remaining = (key: string): number => windows.of(key, now).take(now).remaining;
    expect([remaining('address 999999'), remaining('address 0')]).toEqual([118, 119]);
    expect(remaining('comes back')).toBe(120 - 1 - 2);
    expect(delays.refused('address 999999', 30, 1_004_000)).toBe(30);
  }, 60_000);
});
