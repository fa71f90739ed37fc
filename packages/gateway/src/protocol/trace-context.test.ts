import { describe, expect, it } from 'vitest';
import { readTraceContext, writeTraceContext } from './trace-context.ts';

const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

const ofHeaders = (headers: Readonly<Record<string, string | string[]>>) => readTraceContext(headers, null);

describe('a trace context', () => {
  it.each([
    ['in headers', { traceparent: PARENT, tracestate: 'a=1,b@c=x y', baggage: 'user=1;p=q, k = v' }, null],
    ['in _meta', {}, { _meta: { traceparent: PARENT, tracestate: 'a=1,b@c=x y', baggage: 'user=1;p=q, k = v' } }],
    [
      'in both, where _meta is what counts',
      { traceparent: `${PARENT.slice(0, -1)}0` },
      { _meta: { traceparent: PARENT, tracestate: 'a=1,b@c=x y', baggage: 'user=1;p=q, k = v' } },
    ],
  ])('%s is read and written on as it is', (_where, headers, params) => {
    const read = readTraceContext(headers, params);
    expect(read).toEqual({ traceparent: PARENT, tracestate: 'a=1,b@c=x y', baggage: 'user=1;p=q, k = v' });
    expect(read === null ? null : writeTraceContext(read)).toEqual(read);
  });

  it.each([
    ['nothing', {}],
    ['empty', { traceparent: '' }],
    ['another version', { traceparent: PARENT.replace('00-', 'ff-') }],
    ['a version to come', { traceparent: `01${PARENT.slice(2)}-more` }],
    ['no trace', { traceparent: `00-${'0'.repeat(32)}-b7ad6b7169203331-01` }],
    ['no parent', { traceparent: `00-0af7651916cd43dd8448eb211c80319c-${'0'.repeat(16)}-01` }],
    ['upper case', { traceparent: PARENT.toUpperCase() }],
    ['more behind it', { traceparent: `${PARENT}-x` }],
    ['a line break', { traceparent: `${PARENT}\r\nx-evil: 1` }],
    ['two of them', { traceparent: [PARENT, PARENT] }],
    ['a state alone', { tracestate: 'a=1' }],
    ['baggage with a line break', { baggage: 'a=1\r\nx: 2' }],
    ['baggage that is no pair', { baggage: 'secret' }],
    ['baggage beyond its bound', { baggage: `a=${'x'.repeat(2048)}` }],
    ['baggage of too many members', { baggage: Array.from({ length: 65 }, (_, i) => `k${i}=1`).join(',') }],
    ['baggage that is not ASCII', { baggage: 'a=\u00e9' }],
  ])('that is %s is none', (_what, headers) => {
    expect(ofHeaders(headers)).toBeNull();
  });

  it.each([
    ['too long', `a=${'x'.repeat(512)}`],
    ['of too many members', Array.from({ length: 33 }, (_, i) => `k${i}=1`).join(',')],
    ['with a comma in a value', 'a=1,,b=2'],
    ['with an equals sign in a value', 'a=1=2'],
    ['with a line break', 'a=1\r\nx: 1'],
  ])('goes on without a state that is %s', (_what, tracestate) => {
    expect(ofHeaders({ traceparent: PARENT, tracestate })).toEqual({ traceparent: PARENT, tracestate: null, baggage: null });
  });

  it.each([null, 7, {}, ['x'], true])('is none where _meta holds %j', (value) => {
    expect(readTraceContext({}, { _meta: { traceparent: value, baggage: value } })).toBeNull();
  });

  it('takes no time to speak of, whatever is sent', () => {
    const long = `${'a'.repeat(240)}@${'b'.repeat(240)}=${' '.repeat(20_000)}`;
    const began = performance.now();
    for (let i = 0; i < 1000; i++) ofHeaders({ traceparent: PARENT, tracestate: long, baggage: `a=1${' ;'.repeat(1000)}` });
    expect(performance.now() - began).toBeLessThan(2000);
  });
});
