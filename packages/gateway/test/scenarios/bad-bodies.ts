import { type BadInput, callText, ERAS, type Era, META } from './bad-stand.ts';

const text = (era: Era, inside: string): string => callText(era, inside);
const bytesAround = (era: Era, inside: readonly number[]): Uint8Array => {
  const [before = '', after = ''] = callText(era, '{"text":"AROUND"}').split('AROUND');
  return Buffer.concat([Buffer.from(before), Buffer.from(inside), Buffer.from(after)]);
};
const keys = (count: number): string => `{${Array.from({ length: count }, (_, i) => `"k${i}":0`).join(',')}}`;

type Body = readonly [name: string, body: (era: Era) => string | Uint8Array, code: number, reason: string];

// Bytes that are no message: nothing is known of them, so nothing is echoed.
const UNREADABLE: readonly Body[] = [
  ['100,000 arrays deep', (era) => text(era, `{"text":${'['.repeat(1e5)}${']'.repeat(1e5)}}`), -32600, 'protocol.too_deep'],
  ['100,000 objects deep, never closed', (era) => text(era, '{"a":'.repeat(1e5)), -32600, 'protocol.too_deep'],
  ['65 deep', (era) => text(era, `{"text":${'['.repeat(65)}${']'.repeat(65)}}`), -32600, 'protocol.too_deep'],
  ['600,000 values wide', (era) => text(era, `{"text":[${'0,'.repeat(6e5)}0]}`), -32600, 'protocol.too_wide'],
  ['10,001 keys in one object', (era) => text(era, keys(10_001)), -32600, 'protocol.too_wide'],
  ['a key of 1,025 bytes', (era) => text(era, `{"${'k'.repeat(1025)}":0}`), -32600, 'protocol.too_wide'],
  ['a key twice in the arguments', (era) => text(era, '{"text":"a","text":"b"}'), -32600, 'protocol.duplicate_key'],
  ['a key twice, once by escape', (era) => text(era, '{"text":"a","\\u0074ext":"b"}'), -32600, 'protocol.duplicate_key'],
  ['method twice', (era) => callText(era).replace('"method"', '"method":"ping","method"'), -32600, 'protocol.duplicate_key'],
  [
    'the name of the tool twice',
    (era) => callText(era).replace('"name"', '"name":"local__destructive_0","name"'),
    -32600,
    'protocol.duplicate_key',
  ],
  ['Method beside method', (era) => callText(era).replace('"method"', '"Method":"ping","method"'), -32600, 'protocol.case_variant_key'],
  ['NAME beside name', (era) => callText(era).replace('"name"', '"NAME":"x","name"'), -32600, 'protocol.case_variant_key'],
  ['__proto__ in the arguments', (era) => text(era, '{"__proto__":{"admin":true}}'), -32600, 'protocol.forbidden_key'],
  ['__proto__ by escape', (era) => text(era, '{"\\u005f_proto__":{}}'), -32600, 'protocol.forbidden_key'],
  ['constructor.prototype', (era) => text(era, '{"constructor":{"prototype":{}}}'), -32600, 'protocol.forbidden_key'],
  ['a number beyond the range', (era) => text(era, '{"n":1e400}'), -32600, 'protocol.unsafe_number'],
  ['an integer that would change', (era) => text(era, '{"n":9007199254740993}'), -32600, 'protocol.unsafe_number'],
  ['a number of 100,000 digits', (era) => text(era, `{"n":${'9'.repeat(1e5)}}`), -32600, 'protocol.unsafe_number'],
  ['more digits than a double holds', (era) => text(era, '{"n":0.12345678901234567890123}'), -32600, 'protocol.unsafe_number'],
  ['a stray byte that is no UTF-8', (era) => bytesAround(era, [0xff]), -32700, 'protocol.invalid_utf8'],
  ['an overlong slash', (era) => bytesAround(era, [0xc0, 0xaf]), -32700, 'protocol.invalid_utf8'],
  ['a surrogate in UTF-8', (era) => bytesAround(era, [0xed, 0xa0, 0x80]), -32700, 'protocol.invalid_utf8'],
  ['a sequence cut short', (era) => bytesAround(era, [0xe2, 0x82]), -32700, 'protocol.invalid_utf8'],
  ['a byte order mark', (era) => `\uFEFF${callText(era)}`, -32700, 'protocol.byte_order_mark'],
  ['UTF-16', (era) => Buffer.from(`\uFEFF${callText(era)}`, 'utf16le'), -32700, 'protocol.invalid_utf8'],
  ['half of a surrogate pair', (era) => text(era, '{"text":"\\ud800"}'), -32700, 'protocol.lone_surrogate'],
  ['half of a pair as a key', (era) => text(era, '{"\\udc00":1}'), -32700, 'protocol.lone_surrogate'],
  ['nothing at all', () => '', -32700, 'protocol.invalid_json'],
  ['a comma too many', (era) => text(era, '{"text":"a",}'), -32700, 'protocol.invalid_json'],
  ['a comment', (era) => `/* hello */${callText(era)}`, -32700, 'protocol.invalid_json'],
  ['two messages, one after the other', (era) => `${callText(era)}\n${callText(era)}`, -32700, 'protocol.invalid_json'],
  ['NaN', (era) => text(era, '{"n":NaN}'), -32700, 'protocol.invalid_json'],
  ['a control character in a string', (era) => text(era, '{"text":"\u0001"}'), -32700, 'protocol.invalid_json'],
  ['a batch', (era) => `[${callText(era)}]`, -32600, 'protocol.batch_not_supported'],
  ['an empty batch', () => '[]', -32600, 'protocol.batch_not_supported'],
  [
    'a batch of a hundred',
    (era) => `[${Array.from({ length: 100 }, () => callText(era)).join(',')}]`,
    -32600,
    'protocol.batch_not_supported',
  ],
  ['a string', () => '"hello"', -32600, 'protocol.invalid_message'],
  ['null', () => 'null', -32600, 'protocol.invalid_message'],
  ...['null', '1.5', 'true', '{}', '[]', `"${'i'.repeat(257)}"`].map(
    (id): Body => [`an id of ${id.slice(0, 20).replaceAll('"', '')}`, (era) => callText(era, '{}', id), -32600, 'protocol.invalid_id'],
  ),
];

// A message that names its id, and is none of this protocol: the id comes back.
const NO_MESSAGE: readonly (readonly [name: string, change: (good: string) => string])[] = [
  ['jsonrpc 1.0', (good) => good.replace('"2.0"', '"1.0"')],
  ['no jsonrpc', (good) => good.replace('"jsonrpc":"2.0",', '')],
  ['a member too many', (good) => good.replace('"id"', '"extra":1,"id"')],
  ['params as a list', (good) => good.replace(/"params":.*$/, '"params":[]}')],
  ['a method that is a number', (good) => good.replace('"tools/call"', '7')],
  ['an empty method', (good) => good.replace('"tools/call"', '""')],
  ['a method of 129 bytes', (good) => good.replace('tools/call', 'm'.repeat(129))],
  ['a request with a result', (good) => good.replace('"id"', '"result":{},"id"')],
];

const PARAMS: readonly (readonly [name: string, params: string])[] = [
  ['a call without a name', '"arguments":{}'],
  ['a name that is a number', '"name":7,"arguments":{}'],
  ['arguments as text', '"name":"local__echo","arguments":"{}"'],
  ['arguments as a list', '"name":"local__echo","arguments":[]'],
];

const callWith = (era: Era, params: string): string =>
  `{"jsonrpc":"2.0","id":"bad","method":"tools/call","params":{${params}${era === 'modern' ? `,"_meta":${META}` : ''}}}`;

export const BAD_BODIES: readonly BadInput[] = ERAS.flatMap((era) => [
  ...UNREADABLE.map(([name, body, code, reason]): BadInput => ({ name, era, body: body(era), status: 400, code, reason })),
  ...NO_MESSAGE.map(
    ([name, change]): BadInput => ({
      name,
      era,
      body: change(callText(era)),
      status: 400,
      code: -32600,
      id: 'bad',
      reason: 'protocol.invalid_message',
    }),
  ),
]);

/** The name header follows the body where that has one, so that only the params are wrong. */
export const BAD_PARAMS: readonly BadInput[] = [
  ...PARAMS.map(
    ([name, params]): BadInput => ({
      name,
      era: 'legacy',
      body: callWith('legacy', params),
      status: 200,
      code: -32602,
      id: 'bad',
      reason: 'protocol.invalid_params',
    }),
  ),
  ...PARAMS.slice(2).map(
    ([name, params]): BadInput => ({
      name,
      era: 'modern',
      body: callWith('modern', params),
      status: 400,
      code: -32602,
      id: 'bad',
      reason: 'protocol.invalid_params',
    }),
  ),
];
