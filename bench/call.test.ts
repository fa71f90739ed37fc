import { describe, expect, it } from 'vitest';
import { answerParts, type Size } from './answer.ts';
import { type Call, callNumber, callText, type Endpoint, faultOf } from './call.ts';

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: application/json';
const call: Call = { id: 7, tool: 3, query: 'order 7 of round 0', size: 'small' };

const members = (of: Call): string => answerParts(of.tool, of.query, of.size).join('');
const bodyOf = (of: Call): string => `{"jsonrpc":"2.0","id":${of.id},"result":{"resultType":"complete",${members(of)}}}`;
const answer = (body: string, status = 200, head = HEAD) => ({ status, head, body });

describe('a right answer', () => {
  for (const size of ['small', 'text', 'records'] as const satisfies readonly Size[]) {
    for (const tool of [0, 1]) {
      it(`is accepted: ${size} of tool ${tool}, and is JSON of the promised size`, () => {
        const each = { ...call, size, tool };
        expect(faultOf(answer(bodyOf(each)), each, 'modern')).toBeNull();
        expect(JSON.stringify(JSON.parse(`{${members(each)}}`)).length).toBe(members(each).length + 2);
        expect(members(each).length).toBeGreaterThan(size === 'small' ? 100 : 14_000);
        expect(members(each).length).toBeLessThan(size === 'small' ? 300 : 20_000);
      });
    }
  }

  it('is accepted with members in another order, with _meta, and spaced', () => {
    const { content, structuredContent } = JSON.parse(`{${members(call)}}`);
    const body = JSON.stringify(
      { id: 7, result: { structuredContent, _meta: {}, content, resultType: 'complete' }, jsonrpc: '2.0' },
      null,
      1,
    );
    expect(faultOf(answer(body), call, 'modern')).toBeNull();
  });

  it('is accepted as the one event of a stream', () => {
    const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream';
    expect(faultOf(answer(`id: 1\ndata:\n\nevent: message\ndata: ${bodyOf(call)}\n\n`, 200, head), call, 'modern')).toBeNull();
  });
});

describe('a wrong answer', () => {
  const rows: readonly (readonly [string, string, number?])[] = [
    ['another status', bodyOf(call), 503],
    ['the id of another call', bodyOf({ ...call, id: 8 })],
    ['the id as text', bodyOf(call).replace('"id":7', '"id":"7"')],
    ['no version', bodyOf(call).replace('"jsonrpc":"2.0",', '')],
    ['the answer to other arguments', bodyOf({ ...call, query: 'order 8 of round 0' }).replace('"id":8', '"id":7')],
    ['the answer of another tool', bodyOf({ ...call, tool: 2 })],
    ['a large answer to a small call', bodyOf({ ...call, size: 'text' })],
    ['a result without structuredContent', bodyOf(call).replace(/,"structuredContent":\{[^}]*\}/, '')],
    ['an error', '{"jsonrpc":"2.0","id":7,"error":{"code":40300,"message":"no"}}'],
    ['a refusal', bodyOf(call).replace('"resultType"', '"isError":true,"resultType"')],
    ['no resultType', bodyOf(call).replace('"resultType":"complete",', '')],
    ['half of it', bodyOf(call).slice(0, 100)],
    ['nothing', ''],
    ['one letter changed', bodyOf(call).replace('quick brown', 'quick Brown')],
  ];
  for (const [name, body, status] of rows) {
    it(`is named: ${name}`, () => expect(faultOf(answer(body, status), call, 'modern')).not.toBeNull());
  }
});

describe('calls', () => {
  const endpoint: Endpoint = {
    url: new URL('http://127.0.0.1:8080/mcp'),
    era: 'modern',
    toolNames: Array.from({ length: 30 }, (_, at) => `bench__t${at}`),
  };

  it('have distinct arguments, and every principal uses every tool', () => {
    const made = Array.from({ length: 6000 }, (_, id) => callNumber(id, 200, '16k'));
    expect(new Set(made.map(({ query }) => query)).size).toBe(6000);
    expect(new Set(made.map(({ id, tool }) => `${id % 200} ${tool}`)).size).toBe(6000);
  });

  it('ask every tool for both kinds of large result', () => {
    const made = Array.from({ length: 6000 }, (_, id) => callNumber(id, 200, '16k'));
    expect(new Set(made.map(({ tool, size }) => `${tool} ${size}`)).size).toBe(60);
  });

  it('state their length, and repeat method and name in the headers of the modern era', () => {
    const text = callText(endpoint, { key: 'k', session: null }, call);
    const [head = '', body = ''] = text.split('\r\n\r\n');
    expect(head).toContain(`Content-Length: ${body.length}`);
    expect(head).toContain('Mcp-Method: tools/call\r\nMcp-Name: bench__t3');
    expect(JSON.parse(body).params.name).toBe('bench__t3');
  });
});
