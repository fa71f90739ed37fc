import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compare, emptyTally, run } from './compare.ts';
import { CORPUS } from './corpus.ts';

const INPUTS = 20_000;

describe('the strict parser against an independent one', () => {
  it('agrees on the whole corpus, which is valid', () => {
    const tally = emptyTally();
    for (const text of CORPUS) compare(Buffer.from(text), tally);
    expect(tally).toMatchObject({ compared: CORPUS.length, disagreements: [] });
  });

  it(`agrees on ${INPUTS} mutants of valid messages of each revision, and refuses some for every rule`, { timeout: 60_000 }, () => {
    const tally = run(20_260_728, (compared) => compared >= INPUTS);
    expect(tally.disagreements).toEqual([]);
    expect(tally.compared).toBe(INPUTS);
    expect(tally.accepted).toBeGreaterThan(INPUTS / 10);
    console.log(`protocol: ${tally.compared} parser inputs compared, ${tally.disagreements.length} disagreements`);
    expect([...tally.refused.keys()].sort()).toEqual([
      'protocol.byte_order_mark',
      'protocol.case_variant_key',
      'protocol.duplicate_key',
      'protocol.forbidden_key',
      'protocol.invalid_json',
      'protocol.invalid_utf8',
      'protocol.lone_surrogate',
      'protocol.too_deep',
      'protocol.too_wide',
      'protocol.unsafe_number',
    ]);
  });

  it('agrees on generated JSON, numbers as text and arbitrary bytes', { timeout: 60_000 }, () => {
    const tally = emptyTally();
    const number = fc
      .tuple(fc.constantFrom('', '-'), fc.nat(), fc.stringMatching(/^(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?$/))
      .map((parts) => parts.join(''));
    const text = fc.oneof(
      fc.json({ maxDepth: 6 }),
      number.map((token) => `[${token}]`),
      fc.stringMatching(/^[[\]{}:,"\\u0-9dDa-f.eE+ -]{0,40}$/),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          text.map((t) => Buffer.from(t)),
          fc.uint8Array({ maxLength: 40 }),
        ),
        (bytes) => compare(bytes, tally),
      ),
      { numRuns: 5000 },
    );
    expect(tally).toMatchObject({ compared: 5000, disagreements: [] });
  });
});
