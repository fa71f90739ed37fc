import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { equalInConstantTime } from './bytes.ts';

const SOURCE = fileURLToPath(new URL('..', import.meta.url));

describe('equalInConstantTime', () => {
  test('is equality of bytes, for every length', () => {
    fc.assert(fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => equalInConstantTime(a, b) === (Buffer.compare(a, b) === 0)));
    fc.assert(fc.property(fc.uint8Array(), (a) => equalInConstantTime(a, Uint8Array.from(a))));
  });

  test('takes as long for a difference in the first byte as for one in the last', () => {
    const size = 1 << 20;
    const secret = Buffer.alloc(size, 7);
    const early = Buffer.from(secret).fill(8, 0, 1);
    const late = Buffer.from(secret).fill(8, size - 1);
    const least = { early: Number.POSITIVE_INFINITY, late: Number.POSITIVE_INFINITY };
    // The least of many rounds, interleaved: what the machine did meanwhile is in none of them. A comparison that stops early is a thousand times faster.
    for (let round = 0; round < 60; round++) {
      for (const [name, guess] of [['early', early] as const, ['late', late] as const]) {
        const began = performance.now();
        equalInConstantTime(secret, guess);
        least[name] = Math.min(least[name], performance.now() - began);
      }
    }
    expect(least.early / least.late).toBeGreaterThan(0.5);
    expect(least.early / least.late).toBeLessThan(2);
  });

  test('is the one place where secrets are compared', () => {
    const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith('.ts') && !file.endsWith('.test.ts'),
    );
    const naming = files.filter((file) => readFileSync(join(SOURCE, file), 'utf8').includes('timingSafeEqual'));
    expect(naming).toEqual(['base/bytes.ts']);
  });
});
