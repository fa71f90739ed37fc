import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DEFAULT_TENANT } from '../base/ids.ts';
import { silentLogger } from '../base/log.ts';
import { type DriftWatch, type Looked, watchDrift } from './drift.ts';

let looks: number[];
let answer: (server: string) => Promise<Looked>;
let watch: DriftWatch;
beforeEach(() => {
  vi.useFakeTimers();
  looks = [];
  answer = async () => 'settled';
  watch = watchDrift((_tenant, server) => {
    looks.push(Date.now());
    return answer(server);
  }, silentLogger);
});
afterEach(() => {
  watch.close();
  vi.useRealTimers();
});

const since = (first: number): readonly number[] => looks.map((at) => at - first);

describe('a server that changed what it offers', () => {
  it('is looked at now', () => {
    watch.changed(DEFAULT_TENANT, 'a');
    expect(looks).toHaveLength(1);
  });

  it('is looked at again once the quiet time is over, where it changed a moment after the last look', async () => {
    const start = Date.now();
    watch.changed(DEFAULT_TENANT, 'a');
    await vi.advanceTimersByTimeAsync(100);
    watch.changed(DEFAULT_TENANT, 'a');
    expect(looks).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(5000);
    expect(since(start)).toEqual([0, 5000]);
  });

  it('is looked at again where it changed during the look', async () => {
    let end: (looked: Looked) => void = () => {};
    answer = () =>
      new Promise((resolve) => {
        end = resolve;
      });
    watch.changed(DEFAULT_TENANT, 'a');
    watch.changed(DEFAULT_TENANT, 'a');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(looks).toHaveLength(1);
    end('settled');
    await vi.advanceTimersByTimeAsync(5000);
    expect(looks).toHaveLength(2);
  });

  it('is not looked at where it did not change', async () => {
    watch.changed(DEFAULT_TENANT, 'a');
    await vi.advanceTimersByTimeAsync(600_000);
    expect(looks).toHaveLength(1);
  });

  it('and changes without end costs ever fewer looks, and is looked at once more after the last', async () => {
    for (let i = 0; i < 600; i++) {
      watch.changed(DEFAULT_TENANT, 'a');
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(looks.length).toBeLessThanOrEqual(15);
    const before = looks.length;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(looks).toHaveLength(before + 1);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(looks).toHaveLength(before + 1);
    watch.changed(DEFAULT_TENANT, 'a');
    expect(looks).toHaveLength(before + 2);
  });

  it('and another do not wait for each other', () => {
    watch.changed(DEFAULT_TENANT, 'a');
    watch.changed(DEFAULT_TENANT, 'b');
    expect(looks).toHaveLength(2);
  });

  it('and could not be read is tried again, however the look failed', async () => {
    const start = Date.now();
    answer = async () => {
      if (looks.length === 1) return 'failed';
      if (looks.length === 2) throw new Error('a fault');
      return 'settled';
    };
    watch.changed(DEFAULT_TENANT, 'a');
    await vi.advanceTimersByTimeAsync(120_000);
    expect(since(start)).toEqual([0, 5000, 15_000]);
  });

  it('and is gone is not looked for again', async () => {
    answer = async () => 'gone';
    watch.changed(DEFAULT_TENANT, 'a');
    watch.changed(DEFAULT_TENANT, 'a');
    await vi.advanceTimersByTimeAsync(120_000);
    expect(looks).toHaveLength(1);
  });

  it('is not looked at after the end', async () => {
    watch.changed(DEFAULT_TENANT, 'a');
    await vi.advanceTimersByTimeAsync(0);
    watch.changed(DEFAULT_TENANT, 'a');
    watch.close();
    watch.changed(DEFAULT_TENANT, 'b');
    await vi.advanceTimersByTimeAsync(120_000);
    expect(looks).toHaveLength(1);
  });
});
