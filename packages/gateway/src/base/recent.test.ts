import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Recent } from './recent.ts';

it('holds at most its capacity, what was set last, and always the younger half', () => {
  const keys = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 300 });
  fc.assert(
    fc.property(keys, fc.integer({ min: 2, max: 20 }), (asked, capacity) => {
      const recent = new Recent<number>(capacity);
      asked.forEach((key, at) => {
        if (recent.get(String(key)) === undefined || at % 3 === 0) recent.set(String(key), at);
        expect(recent.size).toBeLessThanOrEqual(capacity);
      });
      const youngest = [...new Set(asked.toReversed())].slice(0, Math.floor(capacity / 2));
      for (const key of youngest) expect(asked[recent.get(String(key)) ?? -1]).toBe(key);
    }),
  );
});

it('takes and forgets a million keys in a moment', () => {
  const recent = new Recent<number>(100_000);
  const began = performance.now();
  for (let i = 0; i < 1_000_000; i++) recent.set(`key ${i}`, i);
  expect(performance.now() - began).toBeLessThan(10_000);
  expect(recent.size).toBeLessThanOrEqual(100_000);
}, 30_000);
