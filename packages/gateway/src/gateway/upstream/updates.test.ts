import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Updates } from './updates.ts';

let told: string[];
let updates: Updates;
beforeEach(() => {
  vi.useFakeTimers();
  told = [];
  updates = new Updates((uri) => told.push(uri));
});
afterEach(() => {
  updates.close();
  vi.useRealTimers();
});

describe('a resource that changes', () => {
  it('is told of now', () => {
    updates.say('a', ['a']);
    expect(told).toEqual(['a']);
  });

  it('again and again is told of once more when a second is over, and then no more', async () => {
    for (let i = 0; i < 100; i++) updates.say('a', ['a']);
    expect(told).toEqual(['a']);
    await vi.advanceTimersByTimeAsync(1000);
    expect(told).toEqual(['a', 'a']);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(told).toEqual(['a', 'a']);
  });

  it('without end is told of once a second', async () => {
    for (let i = 0; i < 1000; i++) {
      updates.say('a', ['a']);
      await vi.advanceTimersByTimeAsync(10);
    }
    expect(told.length).toBeLessThanOrEqual(11);
  });

  it('does not keep another one waiting', () => {
    updates.say('a', ['a']);
    updates.say('b', ['b']);
    expect(told).toEqual(['a', 'b']);
  });

  it('among too many is told of by what was subscribed to, and still not lost', async () => {
    for (let i = 0; i < 5000; i++) updates.say(`folder/${i}`, ['folder']);
    expect(told.length).toBe(1001);
    expect(told.at(-1)).toBe('folder');
    updates.say('folder/last', ['folder']);
    await vi.advanceTimersByTimeAsync(1000);
    expect(told.slice(1001)).toEqual(['folder']);
  });

  it('is not told of after the end', async () => {
    updates.say('a', ['a']);
    updates.say('a', ['a']);
    updates.close();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(told).toEqual(['a']);
  });
});
