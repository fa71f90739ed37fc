import { expect, it } from 'vitest';
import { seeded, storm } from './storm.ts';

it('valid and broken files at random under load fail no call and leave no state that is half of two', async () => {
  const { failed, half, applied, refused, calls } = await storm(16, seeded(7));
  expect(failed).toEqual([]);
  expect(half).toEqual([]);
  expect(applied).toBeGreaterThan(0);
  expect(refused).toBeGreaterThan(0);
  expect(calls).toBeGreaterThan(16);
}, 180_000);
