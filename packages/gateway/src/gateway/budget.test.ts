import { describe, expect, it } from 'vitest';
import { Window, Windows } from './budget.ts';

const rate = { base: 100, burst: 20 };
const offer = (w: Window, from: number, everyMs: number, count: number): number[] => {
  const accepted: number[] = [];
  for (let i = 0; i < count; i++) if (w.take(from + i * everyMs).allowed) accepted.push(from + i * everyMs);
  return accepted;
};
const mostInAnyMinute = (times: readonly number[]): number =>
  Math.max(...times.map((t) => times.filter((u) => u > t - 60_000 && u <= t).length));

describe('the window of 100 a minute and 20 more', () => {
  it('accepts 120 of 121 at once from idle and refuses the 121st with a wait that suffices', () => {
    const w = new Window(rate, 0);
    expect(offer(w, 1000, 0, 121)).toHaveLength(120);
    const refused = w.take(1000);
    expect(refused).toMatchObject({ allowed: false, remaining: 0, resetSeconds: 60 });
    expect(w.take(1000 + refused.resetSeconds * 1000).allowed).toBe(true);
  });

  it('refuses nothing of a steady 100 a minute for 5 minutes', () => {
    expect(offer(new Window(rate, 0), 0, 600, 500)).toHaveLength(500);
  });

  it('accepts of 200 a minute for 10 minutes never more than 120 in any minute and 100 a minute in the long run', () => {
    const accepted = offer(new Window(rate, 0), 0, 300, 2000);
    expect(mostInAnyMinute(accepted)).toBeLessThanOrEqual(120);
    const afterTheFirst = accepted.filter((t) => t >= 60_000).length / 9;
    expect(afterTheFirst).toBeGreaterThanOrEqual(98);
    expect(afterTheFirst).toBeLessThanOrEqual(102);
    expect(accepted.length / 10).toBeLessThanOrEqual(102.5);
  });

  it('does not give the burst back while the caller sends at the full base rate', () => {
    const w = new Window(rate, 0);
    offer(w, 0, 600, 101);
    expect(offer(w, 60_001, 0, 40)).toHaveLength(20);
    offer(w, 60_600, 600, 500);
    expect(offer(w, 360_601, 0, 50).length).toBeLessThanOrEqual(3);
  });

  it.each([1, 7, 50, 333, 599, 601, 5000])(
    'never accepts more than 120 in any minute, offered one every %i ms with bursts between',
    (everyMs) => {
      const w = new Window(rate, 0);
      const accepted: number[] = [];
      for (let i = 0; i < 3000; i++) {
        const t = i * everyMs + (i % 97 === 0 ? 30 : 0);
        const times = i % 500 === 0 ? 60 : 1;
        for (let k = 0; k < times; k++) if (w.take(t).allowed) accepted.push(t);
      }
      expect(mostInAnyMinute(accepted.slice(0, 1500))).toBeLessThanOrEqual(120);
    },
  );

  it('forgets the key that asked longest ago when its table is full', () => {
    const windows = new Windows(rate, 4);
    for (const key of ['a', 'b', 'c', 'a', 'd', 'e', 'a']) windows.of(key, 0).take(0);
    expect(windows.size).toBeLessThanOrEqual(4);
    expect(windows.of('a', 1).take(1).remaining).toBe(116);
    expect(windows.of('b', 1).take(1).remaining).toBe(119);
  });
});
