import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../contracts/json.ts';
import { type ArgumentRecord, argumentsOf } from './argument-type.ts';
import { comparable, restrict, schemaText } from './read-arguments.ts';

const SCHEMA: JsonObject = {
  type: 'object',
  required: ['path', 'maybe', 'at'],
  $defs: { place: { type: 'object', properties: { line: { type: 'integer' } }, required: ['line'] }, loop: { $ref: '#/$defs/loop' } },
  properties: {
    path: { type: 'string' },
    maybe: { type: ['string', 'null'] },
    optional: { anyOf: [{ type: 'integer' }, { type: 'null' }], default: null },
    mode: { enum: ['r', 'w'] },
    flag: { type: 'boolean' },
    amount: { type: 'number' },
    tags: { type: 'array', items: { type: 'string' } },
    at: { $ref: '#/$defs/place' },
    rows: { type: 'array', items: { type: 'object' } },
    either: { type: ['string', 'integer'] },
    anything: {},
    loop: { $ref: '#/$defs/loop' },
    elsewhere: { $ref: 'https://example.com/schema' },
    'odd "name"': { type: 'string' },
    file_path: { type: 'string' },
    filePath: { type: 'string' },
  },
};
const TYPE = argumentsOf(SCHEMA);
const reads = (...names: readonly string[]): ArgumentRecord =>
  restrict(
    TYPE,
    names.map((name) => name.split('.')),
  );
const text = (...names: readonly string[]): string => schemaText(reads(...names));

describe('the arguments of a tool, as policies compare them', () => {
  it.each([
    ['path', '{"path": String}'],
    ['maybe', '{"maybe"?: String}'],
    ['optional', '{"optional"?: Long}'],
    ['mode', '{"mode"?: String}'],
    ['flag', '{"flag"?: Bool}'],
    ['amount', '{"amount"?: decimal}'],
    ['tags', '{"tags"?: Set<String>}'],
    ['at.line', '{"at": {"line": Long}}'],
    ['at', '{"at": {}}'],
    ['odd "name"', '{"odd \\u{22}name\\u{22}"?: String}'],
    ['nothing', '{}'],
    ['__proto__', '{}'],
    ['constructor', '{}'],
  ])('%s is %s', (name, type) => {
    expect(text(name)).toBe(type);
  });

  it.each(['rows', 'either', 'anything', 'loop', 'elsewhere'])('%s cannot be compared, and says why', (name) => {
    expect(TYPE.members[name]?.type).toEqual({ kind: 'none', why: expect.any(String) });
    expect(text(name)).toBe('{}');
  });

  it('are only those that policies read', () => {
    expect(
      comparable(reads('path', 'tags', 'amount', 'at.line'), {
        path: 'a',
        tags: ['x'],
        amount: -1.5,
        at: { line: 3, more: 1 },
        flag: true,
      }),
    ).toEqual({
      ok: true,
      value: { path: 'a', tags: ['x'], amount: { __extn: { fn: 'decimal', arg: '-1.5' } }, at: { line: 3 } },
    });
    expect(comparable(reads('maybe', 'optional'), { maybe: null })).toEqual({ ok: true, value: {} });
  });

  // A forbid that does not see an argument would not hold: what cannot be compared is refused, never left out.
  it.each([
    ['a text of 100 KB', 'path', { path: 'x'.repeat(100_000) }],
    ['five decimals', 'amount', { amount: 1.00001 }],
    ['an exponent', 'amount', { amount: 1e21 }],
    ['more than decimals hold', 'amount', { amount: 922_337_203_685_478 }],
    ['a list of 1001 items', 'tags', { tags: Array.from({ length: 1001 }, () => 'x') }],
    ['another type', 'path', { path: 3 }],
    ['a list with another type', 'tags', { tags: ['a', 1] }],
    ['a name in other letters beside it', 'path', { path: 'a', Path: 'b' }],
    ['a name in other letters alone', 'flag', { FLAG: true }],
    ['a name in full width', 'path', { path: 'a', ｐａｔｈ: 'b' }],
    ['a name with a hyphen', 'file_path', { file_path: 'a', 'file-path': 'b' }],
    ['a name in other letters deeper down', 'at.line', { at: { line: 1, Line: 2 } }],
  ] as const)('refuses %s', (_, name, given) => {
    expect(comparable(reads(name), given as JsonObject)).toEqual({ ok: false, why: expect.any(String) });
  });

  it('do not take a declared argument for a trick', () => {
    expect(comparable(reads('file_path'), { file_path: 'a', filePath: 'b' })).toMatchObject({ ok: true });
  });
});
