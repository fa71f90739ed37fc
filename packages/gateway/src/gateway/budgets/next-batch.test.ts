import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nextBatch } from './next-batch.ts';

it('takes everything once, in order, no more at a time than is allowed, and no name twice at a time', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 5 })), fc.integer({ min: 1, max: 4 }), (names, most) => {
      const all = names.map((name, at) => ({ name: String(name), at }));
      const queue = new Set(all);
      const taken: (typeof all)[number][] = [];
      while (queue.size > 0) {
        const batch = nextBatch(queue, ({ name }) => name, most);
        expect(batch.length).toBeGreaterThan(0);
        expect(batch.length).toBeLessThanOrEqual(most);
        expect(new Set(batch.map(({ name }) => name)).size).toBe(batch.length);
        taken.push(...batch);
      }
      expect(taken.toSorted((a, b) => a.at - b.at)).toEqual(all);
      for (const name of new Set(names.map(String))) {
        const order = taken.filter((one) => one.name === name).map(({ at }) => at);
        expect(order).toEqual(order.toSorted((a, b) => a - b));
      }
    }),
  );
});
