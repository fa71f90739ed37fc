import { expect, it } from 'vitest';
import type { ApiKey } from './api-key.ts';
import { type Admitted, VerdictCache } from './verdict-cache.ts';

const MOST = 10_000;
const unknown = { reason: 'identity.credential_unknown', validUntil: 1 } as const;
const admitted = (id: string): Admitted => ({
  key: { id } as ApiKey,
  principal: {} as Admitted['principal'],
  validUntil: 1,
  lastUsed: 0,
  disclosed: false,
});

it('of a million unknown keys the last are remembered, and no known one is forgotten for them [R2-056 part: a million unknown keys]', () => {
  const cache = new VerdictCache(MOST);
  cache.admit('known', admitted('k'));
  const before = process.memoryUsage().rss;
  const began = performance.now();
  for (let i = 0; i < 1_000_000; i++) cache.refuse(`hash ${i}`, unknown);
  // Twenty times what it takes: one map that loses its oldest entry over and over took 18 s.
  expect(performance.now() - began).toBeLessThan(15_000);
  expect(cache.size).toBeLessThanOrEqual(MOST + 1);
  expect(process.memoryUsage().rss - before).toBeLessThan(128 * 2 ** 20);
  expect([cache.refused('hash 999999'), cache.refused('hash 0'), cache.admitted('known')?.key.id]).toEqual([unknown, undefined, 'k']);
}, 60_000);

it('more known keys than fit: the one that was looked up longest ago makes room, and can still be revoked once it is back', () => {
  const cache = new VerdictCache(3);
  for (const id of ['a', 'b', 'c', 'd']) cache.admit(`hash ${id}`, admitted(id));
  expect(['a', 'b', 'c', 'd'].map((id) => cache.admitted(`hash ${id}`) !== undefined)).toEqual([false, true, true, true]);
  cache.admit('hash a', admitted('a'));
  cache.forget('a');
  expect(cache.admitted('hash a')).toBeUndefined();
});

it('a key that was refused and is admitted later, or dropped, is refused no longer', () => {
  const cache = new VerdictCache(3);
  cache.refuse('hash a', unknown);
  cache.drop('hash a');
  expect(cache.refused('hash a')).toBeUndefined();
  cache.refuse('hash a', unknown);
  cache.clear();
  expect([cache.refused('hash a'), cache.size]).toEqual([undefined, 0]);
});
