import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { publicPart } from '../test/record-arbitrary.ts';
import { canonicalize } from './canonical.ts';
import { encodePublicPart, MAX_RECORD_BYTES } from './encode.ts';
import type { PublicPart } from './record.ts';

const smallest: PublicPart = { v: 1, kind: 'answer', tenant: 'default', id: '01', time: 7, via: 'mcp' };

test('the template writes the canonical form, whatever the record', () => {
  fc.assert(
    fc.property(publicPart, (record) => {
      expect(encodePublicPart(record)).toEqual(canonicalize(record));
    }),
    { numRuns: 500 },
  );
});

test('a field that is undefined is absent', () => {
  expect(encodePublicPart({ ...smallest, ...({ tool: undefined } as object) })).toEqual(encodePublicPart(smallest));
});

test('a commitment given apart stands where the record would have it', () => {
  const sealed = { digest: 'ab', bytes: 3, key: 'k' };
  expect(encodePublicPart(smallest, sealed)).toEqual(encodePublicPart({ ...smallest, sealed }));
});

test('a field of no record is not written', () => {
  expect(encodePublicPart({ ...smallest, ...({ name: 'Alice' } as object) })).toEqual(encodePublicPart(smallest));
});

const withPolicies = (bytes: number): PublicPart => ({ ...smallest, object: 'x'.repeat(bytes) });
const overhead = '{"id":"01","kind":"answer","object":"","tenant":"default","time":7,"v":1,"via":"mcp"}'.length;

describe('refusals', () => {
  test.each<[string, Partial<PublicPart>]>([
    ['a lone surrogate in a text', { tool: 'a\ud800b' }],
    ['halves of a pair in two fields', { tool: '\ud83d', via: '\ude00' as 'mcp' }],
    ['a lone surrogate in a policy id', { decision: { effect: 'allow', policies: ['\udfff'], version: '1' } }],
    ['a time that is no number', { time: Number.NaN }],
    ['an infinite duration', { durationUs: Number.POSITIVE_INFINITY }],
    ['a guard that took NaN', { guards: [{ guard: 'door', verdict: 'pass', us: Number.NaN }] }],
    ['a size that is no number', { sealed: { digest: '', bytes: Number.NaN, key: '' } }],
  ])('%s has no canonical form', (_name, fields) => {
    expect(encodePublicPart({ ...smallest, ...fields })).toEqual({ ok: false, reason: 'ledger.no_canonical_form' });
  });

  test('65,535 bytes are accepted and one more is not', () => {
    expect(encodePublicPart(withPolicies(MAX_RECORD_BYTES - overhead)).ok).toBe(true);
    expect(encodePublicPart(withPolicies(MAX_RECORD_BYTES - overhead + 1))).toEqual({ ok: false, reason: 'ledger.record_too_large' });
  });

  test('the size counts bytes, not characters', () => {
    expect(encodePublicPart({ ...smallest, object: '€'.repeat(22_000) })).toEqual({ ok: false, reason: 'ledger.record_too_large' });
  });
});
