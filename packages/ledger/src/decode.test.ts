import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { publicPart } from '../test/record-arbitrary.ts';
import { decodePublicPart } from './decode.ts';
import { encodePublicPart } from './encode.ts';

const good = '{"id":"01","kind":"answer","tenant":"default","time":7,"v":1,"via":"mcp"}';

const encoded = (record: Parameters<typeof encodePublicPart>[0]): Buffer => {
  const result = encodePublicPart(record);
  if (!result.ok) throw new Error(result.reason);
  return Buffer.from(result.value);
};

test('what the encoder wrote is read again', () => {
  fc.assert(
    fc.property(publicPart, (record) => {
      const bytes = encoded(record);
      const result = decodePublicPart(bytes);
      if (!result.ok) throw new Error(result.reason);
      expect(encoded(result.value)).toEqual(bytes);
    }),
    { numRuns: 500 },
  );
});

test('a changed byte never reads as another spelling of the same record', () => {
  fc.assert(
    fc.property(publicPart, fc.nat(), fc.integer({ min: 1, max: 255 }), (record, at, flip) => {
      const bytes = encoded(record);
      const index = at % bytes.length;
      bytes[index] = (bytes[index] ?? 0) ^ flip;
      const result = decodePublicPart(bytes);
      if (result.ok) expect(encoded(result.value)).toEqual(bytes);
    }),
    { numRuns: 1000 },
  );
});

describe('refusals', () => {
  test.each<[string, string | Uint8Array, string]>([
    ['no bytes', '', 'ledger.not_json'],
    ['half a record', good.slice(0, 40), 'ledger.not_json'],
    ['two records', good + good, 'ledger.not_json'],
    ['bytes that are not UTF-8', Uint8Array.of(0x7b, 0xff, 0x7d), 'ledger.not_utf8'],
    ['a surrogate encoded as UTF-8', Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22), 'ledger.not_utf8'],
    ['a byte order mark', `\ufeff${good}`, 'ledger.not_json'],
    ['white space', good.replace(',', ', '), 'ledger.not_canonical'],
    ['a line feed at the end', `${good}\n`, 'ledger.not_canonical'],
    ['another order', '{"kind":"answer","id":"01","tenant":"default","time":7,"v":1,"via":"mcp"}', 'ledger.not_canonical'],
    ['a duplicate key', good.replace('"id":"01"', '"id":"00","id":"01"'), 'ledger.not_canonical'],
    ['an unknown key', good.replace('{', '{"extra":1,'), 'ledger.not_canonical'],
    [
      'an unknown key in the decision',
      good.replace('{', '{"decision":{"effect":"deny","policies":[],"version":"1","why":""},'),
      'ledger.not_canonical',
    ],
    ['a needless escape', good.replace('default', '\\u0064efault'), 'ledger.not_canonical'],
    ['another form of a number', good.replace(':7,', ':7.0,'), 'ledger.not_canonical'],
    ['an escaped lone surrogate', good.replace('default', '\\ud800'), 'ledger.not_canonical'],
    ['a list', '[]', 'ledger.not_a_record'],
    ['null', 'null', 'ledger.not_a_record'],
    ['a missing tenant', good.replace('"tenant":"default",', ''), 'ledger.not_a_record'],
    ['an unknown version', good.replace('"v":1', '"v":2'), 'ledger.not_a_record'],
    ['an unknown kind', good.replace('answer', 'rumour'), 'ledger.not_a_record'],
    ['a number as text', good.replace(':7,', ':"7",'), 'ledger.not_a_record'],
    ['a text as number', good.replace('"01"', '1'), 'ledger.not_a_record'],
    ['a null field', good.replace('{', '{"action":null,'), 'ledger.not_a_record'],
    ['policies that are a text', good.replace('{', '{"decision":{"effect":"deny","policies":"","version":"1"},'), 'ledger.not_a_record'],
    ['a guard without a verdict', good.replace('{', '{"guards":[{"guard":"a","us":1}],'), 'ledger.not_a_record'],
    ['a record that is too large', new Uint8Array(65_536), 'ledger.record_too_large'],
  ])('%s', (_name, source, reason) => {
    expect(decodePublicPart(typeof source === 'string' ? Buffer.from(source) : source)).toEqual({ ok: false, reason });
  });
});
