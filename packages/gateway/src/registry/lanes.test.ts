import { expect, test } from 'vitest';
import { lanes } from './lanes.ts';

const rest = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test.each([1, 2, 4])('at most %i run at once, in the order in which they came, and a failure frees its lane', async (width) => {
  const lane = lanes(width);
  const [begun, at] = [[] as number[], { once: 0, most: 0 }];
  const works = Array.from({ length: 12 }, (_, index) =>
    lane(async () => {
      begun.push(index);
      at.once += 1;
      at.most = Math.max(at.most, at.once);
      await rest(index % 3);
      at.once -= 1;
      if (index % 4 === 0) throw new Error('fails');
    }),
  );
  const ended = await Promise.allSettled(works);
  expect(ended.filter((end) => end.status === 'rejected')).toHaveLength(3);
  expect(at.most).toBe(width);
  expect(begun).toEqual([...begun].sort((a, b) => a - b));
});
