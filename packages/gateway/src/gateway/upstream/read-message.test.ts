import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guessId, readMessage } from './read-message.ts';

const read = (text: string) => readMessage(Buffer.from(text));

describe('a message of a server', () => {
  it('has a result whose text is the result re-serialised, wherever it stands and whatever its spacing', () => {
    const order = fc.shuffledSubarray(['jsonrpc', 'id', 'result'], { minLength: 3 });
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })),
        fc.oneof(fc.string({ maxLength: 40 }), fc.integer()),
        order,
        fc.boolean(),
        (result, id, keys, spaced) => {
          const members: Record<string, unknown> = { jsonrpc: '2.0', id, result };
          const message = Object.fromEntries(keys.map((key) => [key, members[key]]));
          const got = read(JSON.stringify(message, null, spaced ? 2 : 0));
          if (got.ok && got.value.kind === 'result') expect(got.value.text).toBe(JSON.stringify(got.value.result));
        },
      ),
    );
  });

  it.each([
    '',
    'null',
    '[]',
    '[{"jsonrpc":"2.0","id":1,"result":{}}]',
    '{"jsonrpc":"1.0","id":1,"result":{}}',
    '{"jsonrpc":"2.0","id":1}',
    '{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}}',
    '{"jsonrpc":"2.0","id":1,"result":[]}',
    '{"jsonrpc":"2.0","id":1.5,"result":{}}',
    '{"jsonrpc":"2.0","id":null,"result":{}}',
    '{"jsonrpc":"2.0","id":1,"error":{"code":"1","message":""}}',
    '{"jsonrpc":"2.0","id":1,"error":{"code":1}}',
    '{"jsonrpc":"2.0","method":1}',
    '{"jsonrpc":"2.0","method":"x","params":[]}',
    '{"jsonrpc":"2.0","id":1,"result":{"a":1,"a":2}}',
    '{"jsonrpc":"2.0","id":1,"result":{"__proto__":{}}}',
    '{"jsonrpc":"2.0","id":1,"result":{"n":12345678901234567890}}',
    '\ufeff{"jsonrpc":"2.0","id":1,"result":{}}',
  ])('%j is garbage', (text) => {
    expect(read(text)).toMatchObject({ ok: false, reason: 'gateway.upstream_garbage' });
  });

  it('keeps the data of an error, and none of more than 64 KiB', () => {
    const error = (data: unknown) => read(JSON.stringify({ jsonrpc: '2.0', id: 1, error: { code: -32021, message: 'no', data } }));
    expect(error({ requiredCapabilities: { sampling: {} } })).toMatchObject({
      ok: true,
      value: { data: { requiredCapabilities: { sampling: {} } } },
    });
    expect(error(undefined)).toEqual({ ok: true, value: { kind: 'error', id: 1, code: -32021, message: 'no' } });
    expect(error('x'.repeat(65_536))).toEqual({ ok: true, value: { kind: 'error', id: 1, code: -32021, message: 'no' } });
  });

  it('over 10 MB is too large, unparsed', () => {
    expect(readMessage(Buffer.alloc(10_485_761, '['))).toMatchObject({ ok: false, reason: 'gateway.upstream_too_large' });
  });

  it('that cannot be read still tells which call it would have answered', () => {
    const id = 'abcdefghijklmnop1';
    expect(guessId(Buffer.from(`{"jsonrpc":"2.0","id":"${id}","result":{"a":1,"a":2}}`))).toBe(id);
    expect(guessId(Buffer.from(`{"result":{"a":"${'x'.repeat(5000)}"},"id":"${id}"}`))).toBe(id);
    expect(guessId(Buffer.from('{"id":"1"}'))).toBeNull();
  });
});

describe('a server of 2025-03-26', () => {
  const readTogether = (text: string) => readMessage(Buffer.from(text), true);
  const NOTE = '{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}';
  const RESULT = '{"jsonrpc":"2.0","id":"a","result":{"b":[1,2]}}';

  it('may send several messages as one, each read as it would be alone', () => {
    const read = readTogether(`[${NOTE},${RESULT}]`);
    expect(read).toMatchObject({
      ok: true,
      value: {
        kind: 'batch',
        members: [
          { kind: 'notification', method: 'notifications/message' },
          { kind: 'result', id: 'a', text: '{"b":[1,2]}' },
        ],
      },
    });
  });

  it('may still send one', () => {
    expect(readTogether(RESULT)).toMatchObject({ ok: true, value: { kind: 'result', id: 'a' } });
  });

  it.each([
    ['nothing at all', '[]'],
    ['a batch in a batch', `[${RESULT},[${NOTE}]]`],
    ['something that is no message', `[${RESULT},1]`],
    ['too many', `[${Array.from({ length: 21 }, () => NOTE).join(',')}]`],
  ])('sends garbage where it sends %s together', (_, text) => {
    expect(readTogether(text)).toMatchObject({ ok: false, reason: 'gateway.upstream_garbage' });
  });
});
