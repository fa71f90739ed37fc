import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../contracts/json.ts';
import { classify, idOf, writeError, writeNotification, writeRequest, writeResult } from './json-rpc.ts';
import { sliceResult } from './slice-result.ts';

const call = { jsonrpc: '2.0', id: 1, method: 'ping' };

const REFUSED: readonly (readonly [string, string, JsonValue])[] = [
  ['protocol.invalid_message', 'a string', 'ping'],
  ['protocol.invalid_message', 'null', null],
  ['protocol.invalid_message', 'an empty object', {}],
  ['protocol.invalid_message', 'jsonrpc 1.0', { ...call, jsonrpc: '1.0' }],
  ['protocol.invalid_message', 'jsonrpc as a number', { ...call, jsonrpc: 2 }],
  ['protocol.invalid_message', 'an unknown member', { ...call, extra: 1 }],
  ['protocol.invalid_message', 'a method that is a number', { ...call, method: 1 }],
  ['protocol.invalid_message', 'an empty method', { ...call, method: '' }],
  ['protocol.invalid_message', 'a long method', { ...call, method: 'm'.repeat(129) }],
  ['protocol.invalid_message', 'params as a list', { ...call, params: [] }],
  ['protocol.invalid_message', 'params null', { ...call, params: null }],
  ['protocol.invalid_message', 'a request with a result', { ...call, result: {} }],
  ['protocol.invalid_message', 'result and error', { jsonrpc: '2.0', id: 1, result: {}, error: { code: 1, message: '' } }],
  ['protocol.invalid_message', 'neither', { jsonrpc: '2.0', id: 1 }],
  ['protocol.invalid_message', 'a result that is a list', { jsonrpc: '2.0', id: 1, result: [] }],
  ['protocol.invalid_message', 'an answer with params', { jsonrpc: '2.0', id: 1, result: {}, params: {} }],
  ['protocol.invalid_message', 'an error without code', { jsonrpc: '2.0', id: 1, error: { message: '' } }],
  ['protocol.invalid_message', 'an error code 1.5', { jsonrpc: '2.0', id: 1, error: { code: 1.5, message: '' } }],
  ['protocol.invalid_message', 'an error with more members', { jsonrpc: '2.0', id: 1, error: { code: 1, message: '', stack: '' } }],
  ['protocol.invalid_id', 'id null', { ...call, id: null }],
  ['protocol.invalid_id', 'id 1.5', { ...call, id: 1.5 }],
  ['protocol.invalid_id', 'id true', { ...call, id: true }],
  ['protocol.invalid_id', 'an id object', { ...call, id: {} }],
  ['protocol.invalid_id', 'an id beyond safe integers', { ...call, id: 2 ** 53 }],
  ['protocol.invalid_id', 'an id of 257 bytes', { ...call, id: 'é'.repeat(129) }],
  ['protocol.invalid_id', 'a result without id', { jsonrpc: '2.0', result: {} }],
  ['protocol.invalid_id', 'an error with an odd id', { jsonrpc: '2.0', id: [], error: { code: 1, message: '' } }],
];

describe('JSON-RPC', () => {
  it.each(REFUSED)('refuses with %s: %s', (reason, _, value) => {
    expect(classify(value)).toMatchObject({ ok: false, reason });
  });

  it.each<readonly [string, JsonValue]>([
    ['request', call],
    ['request', { ...call, id: 'é'.repeat(128), params: {} }],
    ['notification', { jsonrpc: '2.0', method: 'notifications/initialized' }],
    ['result', { jsonrpc: '2.0', id: 1, result: {} }],
    ['error', { jsonrpc: '2.0', id: null, error: { code: -32700, message: 'Parse error' } }],
    ['error', { jsonrpc: '2.0', error: { code: -32700, message: 'Parse error', data: 1 } }],
    ['batch', [call]],
    ['batch', []],
  ])('tells a %s', (kind, value) => {
    expect(classify(value)).toMatchObject({ ok: true, value: { kind } });
  });

  it('finds the id of a request that is refused, and of nothing else', () => {
    expect(idOf({ ...call, extra: 1 })).toBe(1);
    expect(idOf({ ...call, id: null })).toBeNull();
    expect(idOf({ id: 1, result: {} })).toBeNull();
    expect(idOf([call])).toBeNull();
  });

  it('writes what it reads back', () => {
    const id = fc.oneof(fc.string({ maxLength: 40 }), fc.maxSafeInteger());
    const body = fc.dictionary(fc.string(), fc.jsonValue());
    fc.assert(
      fc.property(id, body, (rpcId, object) => {
        const text = JSON.stringify(object);
        expect(JSON.parse(writeResult(rpcId, text))).toEqual(JSON.parse(JSON.stringify({ jsonrpc: '2.0', id: rpcId, result: object })));
        expect(classify(JSON.parse(writeRequest(rpcId, 'a/b', text)) as JsonValue)).toMatchObject({
          ok: true,
          value: { kind: 'request', id: rpcId },
        });
        expect(classify(JSON.parse(writeNotification('a"b', text)) as JsonValue)).toMatchObject({ ok: true, value: { method: 'a"b' } });
        const error = classify(JSON.parse(writeError(rpcId, { code: -32602, message: String(rpcId) })) as JsonValue);
        expect(error).toMatchObject({ ok: true, value: { kind: 'error', id: rpcId } });
      }),
    );
    expect(writeNotification('ping', null)).toBe('{"jsonrpc":"2.0","method":"ping"}');
    expect(writeError(null, { code: 1, message: 'm', data: 2 })).toBe(
      '{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"m","data":2}}',
    );
  });

  it('slices the text of a result out of a message in any order of members', () => {
    const result = fc.dictionary(fc.oneof(fc.string(), fc.constant('result')), fc.jsonValue());
    const id = fc.oneof(fc.string(), fc.constant('","result":{"x":1}'), fc.maxSafeInteger());
    const order = fc.shuffledSubarray(['jsonrpc', 'id', 'result'], { minLength: 3 });
    fc.assert(
      fc.property(result, id, order, (given, rpcId, keys) => {
        const members: Record<string, unknown> = { jsonrpc: '2.0', id: rpcId, result: given };
        const text = JSON.stringify(Object.fromEntries(keys.map((key) => [key, members[key]])));
        const message = JSON.parse(text) as JsonObject & { readonly result: JsonObject };
        return sliceResult(text, message) === JSON.stringify(message.result);
      }),
    );
  });
});
