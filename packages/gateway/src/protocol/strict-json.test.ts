import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keepsValue } from './number-text.ts';
import { parseStrict } from './strict-json.ts';
import { STRICT_RULES } from './strict-rules.ts';

const read = (text: string | Uint8Array) => parseStrict(typeof text === 'string' ? Buffer.from(text) : text);
const reasonOf = (text: string | Uint8Array): string => {
  const parsed = read(text);
  return parsed.ok ? 'accepted' : parsed.reason;
};
const params = (text: string): string => `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":${text}}}`;
const arrays = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const object = (keys: number): string => `{${Array.from({ length: keys }, (_, i) => `"k${i}":0`).join()}}`;

const REFUSED: readonly (readonly [string, string, string | Uint8Array])[] = [
  ['protocol.invalid_utf8', 'a byte that begins nothing', Uint8Array.of(0x22, 0xff, 0x22)],
  ['protocol.invalid_utf8', 'a surrogate written as UTF-8', Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22)],
  ['protocol.invalid_utf8', 'an overlong slash', Uint8Array.of(0x22, 0xc0, 0xaf, 0x22)],
  ['protocol.invalid_utf8', 'a character cut off at the end', Uint8Array.of(0x22, 0xe2, 0x82)],
  ['protocol.byte_order_mark', 'a byte order mark', '\u{feff}{}'],
  ['protocol.invalid_json', 'nothing', ''],
  ['protocol.invalid_json', 'a trailing comma', '[1,]'],
  ['protocol.invalid_json', 'a second text', '{}{}'],
  ['protocol.invalid_json', 'a comment', '{/**/}'],
  ['protocol.invalid_json', 'NaN', '[NaN]'],
  ['protocol.invalid_json', 'a leading zero', '[01]'],
  ['protocol.invalid_json', 'a raw line break in a string', '"a\nb"'],
  ['protocol.invalid_json', 'an unclosed string', '{"a'],
  ['protocol.lone_surrogate', 'a high surrogate by escape', '"\\ud800"'],
  ['protocol.lone_surrogate', 'a low surrogate by escape', '["\\uDC00x"]'],
  ['protocol.lone_surrogate', 'a lone surrogate in a key', '{"\\ud800":1}'],
  ['protocol.duplicate_key', 'a key twice', '{"a":1,"a":2}'],
  ['protocol.duplicate_key', 'a key twice with equal values', '{"a":1,"a":1}'],
  ['protocol.duplicate_key', 'a key twice, once by escape', '{"a":1,"\\u0061":2}'],
  ['protocol.duplicate_key', 'a key twice deep within arguments', params('{"x":[{"a":1,"b":2,"a":3}]}')],
  ['protocol.duplicate_key', 'a key twice around a nested one', '{"a":{"b":1},"a":2}'],
  ['protocol.case_variant_key', 'Method beside method', '{"method":"ping","Method":"tools/call"}'],
  ['protocol.case_variant_key', 'JSONRPC', '{"JSONRPC":"2.0"}'],
  ['protocol.case_variant_key', 'Params', '{"Params":{}}'],
  ['protocol.case_variant_key', '_META in params', '{"params":{"_META":{}}}'],
  ['protocol.case_variant_key', 'Name in params', '{"params":{"name":"read","Name":"write"}}'],
  ['protocol.case_variant_key', 'a long s that folds to s', '{"param\u017f":{}}'],
  ['protocol.case_variant_key', 'a Kelvin sign that folds to k', '{"params":{"_meta":{"progressTo\u212aen":1}}}'],
  ['protocol.case_variant_key', 'a dotless i that upper case turns into I', '{"\u0131d":1}'],
  ['protocol.case_variant_key', 'IsError in a result', '{"result":{"IsError":true}}'],
  ['protocol.case_variant_key', 'Code in an error', '{"error":{"Code":1}}'],
  ['protocol.case_variant_key', 'a variant within a batch', '[{"id":1},{"ID":1}]'],
  ['protocol.forbidden_key', '__proto__', params('{"__proto__":{"admin":true}}')],
  ['protocol.forbidden_key', '__proto__ by escape', params('{"\\u005f_proto__":1}')],
  ['protocol.forbidden_key', 'constructor that holds prototype', params('{"constructor":{"prototype":{"a":1}}}')],
  ['protocol.forbidden_key', 'the same with space between', '{ "constructor" : { "x": 1, "prototype" : {} } }'],
  ['protocol.unsafe_number', 'an integer beyond 2^53 that changes', '[9007199254740993]'],
  ['protocol.unsafe_number', 'a negative one', '[-9007199254740993]'],
  ['protocol.unsafe_number', 'a long id', '{"id":12345678901234567890}'],
  ['protocol.unsafe_number', 'more digits than a double holds', '[3.14159265358979323846]'],
  ['protocol.unsafe_number', 'an exponent beyond the range', '[1e400]'],
  ['protocol.unsafe_number', 'an exponent far beyond the range', '[-1e999999999999]'],
  ['protocol.unsafe_number', 'what becomes zero', '[1e-400]'],
  ['protocol.unsafe_number', 'a million digits', `[${'9'.repeat(1_000_000)}]`],
  ['protocol.unsafe_number', 'a number as the whole text', '1e999'],
  ['protocol.too_deep', 'one level too many', arrays(65)],
  ['protocol.too_deep', 'one level too many in objects', `${'{"a":'.repeat(65)}1${'}'.repeat(65)}`],
  ['protocol.too_deep', 'depth hidden in a duplicate', `{"a":${arrays(64)},"a":1}`],
  ['protocol.too_deep', 'brackets without end', '['.repeat(1000)],
  ['protocol.too_wide', 'half a million values', `[${'0,'.repeat(500_000)}0]`],
  ['protocol.too_wide', 'an object of too many keys', object(10_001)],
  ['protocol.too_wide', 'a key of too many bytes', `{"${'k'.repeat(1025)}":1}`],
  ['protocol.too_wide', 'a key of too many bytes as it was sent', `{"${'\\u006b'.repeat(171)}":1}`],
];

const ACCEPTED: readonly (readonly [string, string, string])[] = [
  ['a small call', params('{"message":"hello"}'), params('{"message":"hello"}')],
  ['space around tokens', ' { "a" : [ 1 , 2 ] } ', '{"a":[1,2]}'],
  ['escapes that need not be', '"\\u0041\\/"', '"A/"'],
  ['a surrogate pair by escape', '"\\ud83d\\ude00"', '"\u{1f600}"'],
  ['a backslash before ud', '"\\\\ud800"', '"\\\\ud800"'],
  ['one key in two objects', '[{"a":1},{"a":1}]', '[{"a":1},{"a":1}]'],
  ['keys that read as integers', '{"2":1,"1":2}', '{"1":2,"2":1}'],
  ['variants of protocol keys in tool arguments', params('{"Method":1,"ID":2,"_META":3}'), params('{"Method":1,"ID":2,"_META":3}')],
  ['constructor and prototype side by side', '{"constructor":{"a":1},"prototype":1}', '{"constructor":{"a":1},"prototype":1}'],
  ['__proto__ as a value', '["__proto__"]', '["__proto__"]'],
  ['the largest safe integer', '[9007199254740991]', '[9007199254740991]'],
  ['a large integer that does not change', '[9007199254740992]', '[9007199254740992]'],
  ['1.0, 1e2 and -0, which are equal to what leaves', '[1.0,1e2,-0]', '[1,100,0]'],
  ['seventeen digits as printf writes them', '[0.10000000000000001]', '[0.1]'],
  ['the smallest and the largest double', '[5e-324,1.7976931348623157e308]', '[5e-324,1.7976931348623157e+308]'],
  ['the deepest', arrays(64), arrays(64)],
  ['an object of as many keys as may be', object(10_000), object(10_000)],
  ['a key of as many bytes as may be', `{"${'k'.repeat(1024)}":1}`, `{"${'k'.repeat(1024)}":1}`],
];

describe('strict JSON', () => {
  it.each(REFUSED)('refuses with %s: %s', (reason, _, text) => {
    expect(reasonOf(text)).toBe(reason);
  });

  it.each(ACCEPTED)('accepts %s', (_, source, text) => {
    const parsed = read(source);
    expect(parsed).toEqual({ ok: true, value: { value: JSON.parse(source), text } });
  });

  it('gives every JSON value back as its own text, written either way', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.boolean(), (value, indented) => {
        const text = JSON.stringify(value);
        const ours = read(indented ? JSON.stringify(value, null, 1) : text);
        if (!ours.ok) return ['protocol.forbidden_key', 'protocol.case_variant_key'].includes(ours.reason);
        return ours.value.text === text;
      }),
    );
  });

  it('has one verdict for a text and the same text with space in it, so that no path is laxer', () => {
    for (const [reason, , text] of REFUSED) {
      if (typeof text !== 'string' || text.startsWith('\u{feff}')) continue;
      expect(reasonOf(` ${text}\n`)).toBe(reason);
    }
  });

  it('reads a slice of a larger buffer and nothing beside it', () => {
    const bytes = new Uint8Array(Buffer.from('xx{"a":1}yy')).subarray(2, 9);
    expect(read(bytes)).toEqual({ ok: true, value: { value: { a: 1 }, text: '{"a":1}' } });
  });

  it('names each rule once', () => {
    const ids = Object.values(STRICT_RULES).map((rule) => rule.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.every((id) => id.startsWith('strict.'))).toBe(true);
  });

  it('keeps every double that is written by JSON.stringify or with 17 digits', () => {
    const doubles = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(fc.property(doubles, (value) => keepsValue(JSON.stringify(value)) && keepsValue(value.toExponential(16))));
  });
});
