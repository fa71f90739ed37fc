import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../base/limits.ts';
import type { JsonValue } from '../contracts/json.ts';
import { checkBatch } from './batch.ts';

const ping = (id: JsonValue): JsonValue => ({ jsonrpc: '2.0', id, method: 'ping' });

describe('a batch', () => {
  it.each([
    ['is empty', []],
    ['has a message too many', Array.from({ length: LIMITS.batchMembers + 1 }, (_, i) => ping(i))],
    ['holds a batch', [ping(1), [ping(2)]]],
    ['holds initialize', [{ jsonrpc: '2.0', id: 1, method: 'initialize' }]],
    ['has an id twice', [ping(1), ping('1'), ping(1)]],
  ])('that %s cannot be taken apart', (_, items) => {
    expect(checkBatch(items)).toMatchObject({ ok: false, reason: 'protocol.invalid_batch' });
  });

  it('of distinct requests, notifications, answers and garbage can be', () => {
    const answer = { jsonrpc: '2.0', id: 1, result: {} };
    const items: JsonValue[] = [
      ping(1),
      ping('1'),
      { jsonrpc: '2.0', method: 'x' },
      { jsonrpc: '2.0', method: 'x' },
      answer,
      answer,
      5,
      null,
    ];
    expect(checkBatch(items)).toEqual({ ok: true, value: items });
  });

  it('is taken apart exactly where its ids are distinct, in its own order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constantFrom('0', 'a', 'b')), { minLength: 1, maxLength: 20 }),
        (ids) => {
          const checked = checkBatch(ids.map(ping));
          expect(checked.ok).toBe(new Set(ids.map((id) => JSON.stringify(id))).size === ids.length);
          if (checked.ok) expect(checked.value).toEqual(ids.map(ping));
        },
      ),
    );
  });
});
