import { describe, expect, it } from 'vitest';
import { attempts } from './attempts.ts';

const at = (start: number) => {
  const time = { now: start };
  return { time, attempts: attempts({ now: () => time.now, monotonic: () => time.now }) };
};

const fail = (counted: ReturnType<typeof attempts>, place: string, times: number): void => {
  for (let i = 0; i < times; i++) counted.failed(place);
};

describe('failed attempts', () => {
  it('ask to wait from the tenth within a minute on, and only the place that failed', () => {
    const { attempts: counted } = at(0);
    fail(counted, 'a', 9);
    expect(counted.waitSeconds('a')).toBe(0);
    fail(counted, 'a', 1);
    expect([counted.waitSeconds('a'), counted.waitSeconds('b')]).toEqual([60, 0]);
  });

  it('are forgotten after a minute', () => {
    const { time, attempts: counted } = at(0);
    fail(counted, 'a', 10);
    time.now = 59_999;
    expect(counted.waitSeconds('a')).toBe(1);
    time.now = 60_000;
    expect(counted.waitSeconds('a')).toBe(0);
  });

  it('of very many places take bounded memory: the oldest is forgotten', () => {
    const { attempts: counted } = at(0);
    fail(counted, 'first', 10);
    for (let i = 0; i < 1024; i++) counted.failed(`place ${i}`);
    expect(counted.waitSeconds('first')).toBe(0);
  });
});
