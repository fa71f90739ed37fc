import { beforeEach, describe, expect, it } from 'vitest';
import { Breakers, type Health } from './breakers.ts';

let now = 0;
let breakers: Breakers;
beforeEach(() => {
  now = 0;
  breakers = new Breakers({ now: () => 0, monotonic: () => now });
});
const report = (health: Health, times: number, who = 'ann'): void => {
  for (let i = 0; i < times; i++) breakers.report('files', who, health);
};
const admitted = (who = 'ann'): boolean => breakers.admit('files', who) === 0;
const state = (): string => breakers.states().get('files') ?? 'closed';

describe('a server that cannot be reached', () => {
  it('is left alone after five failures in a row, for everybody, and says for how long', () => {
    report('unreachable', 4);
    expect(admitted()).toBe(true);
    report('unreachable', 1, 'ben');
    expect(state()).toBe('open');
    expect(breakers.admit('files', 'eve')).toBe(5);
    expect(breakers.admit('other', 'ann')).toBe(0);
  });

  it('is tried by one once the time is over: well, and all go on; not well, and it takes twice as long', () => {
    report('unreachable', 5);
    now = 5000;
    expect(state()).toBe('half-open');
    expect([admitted(), admitted('ben')]).toEqual([true, false]);
    report('unreachable', 1);
    now = 10_000;
    expect(admitted('ben')).toBe(false);
    now = 15_000;
    expect(admitted('ben')).toBe(true);
    report('well', 1, 'ben');
    expect([state(), admitted(), admitted('ben')]).toEqual(['closed', true, true]);
  });

  it('is tried by the next where a trial told nothing', () => {
    report('unreachable', 5);
    now = 5000;
    expect(admitted()).toBe(true);
    report('unknown', 1);
    expect(admitted('ben')).toBe(true);
  });

  it('waits a minute at most', () => {
    report('unreachable', 5);
    for (let i = 0; i < 10; i++) {
      now += 60_000;
      expect(admitted()).toBe(true);
      report('unreachable', 1);
    }
    expect(breakers.admit('files', 'ann')).toBe(60);
  });

  it('had no five failures in a row where an answer came between', () => {
    for (let i = 0; i < 20; i++) report(i % 3 === 0 ? 'well' : 'unreachable', 1);
    expect(admitted()).toBe(true);
  });
});

describe('a server that does not answer one principal in time', () => {
  it('is left alone by that one, and by nobody else', () => {
    report('slow', 5);
    expect([admitted(), admitted('ben'), state()]).toEqual([false, true, 'closed']);
    now = 5000;
    expect([admitted(), admitted()]).toEqual([true, false]);
  });
});
