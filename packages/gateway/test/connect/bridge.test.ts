import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type Asked,
  errorOf,
  event,
  events,
  json,
  type OpenBridge,
  openBridge,
  result,
  type Script,
  type ScriptedGateway,
  scriptedGateway,
  withSessions,
} from './scripted-gateway.ts';
import { INITIALIZED, initialize, modern, toolCall } from './stdio-end.ts';

let gateway: ScriptedGateway | null = null;
let open: OpenBridge | null = null;
afterEach(async () => {
  await open?.bridge.end(0);
  gateway?.close();
  open = null;
  gateway = null;
});

async function bridged(script: Script): Promise<OpenBridge> {
  gateway = await scriptedGateway(script);
  open = openBridge(gateway.port);
  return open;
}

describe('answers that a gateway must not give', () => {
  const WRONG: readonly (readonly [string, Script, RegExp])[] = [
    ['HTML with 200', (_a, r) => json(r, 200, '<html>login</html>'), /cannot be read/],
    ['HTML with 502', (_a, r) => json(r, 502, '<html>bad gateway</html>'), /not Sallyport.*HTTP 502/],
    ['a redirect', (_a, r) => json(r, 302, '', { location: 'http://127.0.0.1:1/mcp' }), /HTTP 302/],
    ['an empty 200', (_a, r) => json(r, 200, ''), /Whether the call acted is not known/],
    ['202 for a request', (_a, r) => json(r, 202, ''), /HTTP 202/],
    ["another request's answer", (_a, r) => json(r, 200, result('foreign')), /Whether the call acted is not known/],
    [
      'a stream that ends before the answer',
      (_a, r) => void events(r).end(event({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 1 } })),
      /Whether the call acted/,
    ],
    ['a stream with what is no JSON', (_a, r) => void events(r).end('data: {"jsonrpc":\n\n'), /cannot be read/],
    ['a connection that breaks off', (_a, r) => void r.destroy(), /Whether the call acted is not known/],
    [
      'a body that breaks off',
      (_a, r) =>
        void r.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' }).write('{"jsonrpc"', () => r.destroy()),
      /cannot be read/,
    ],
    ['more than 10 MB', (_a, r) => json(r, 200, `"${'x'.repeat(10_500_000)}"`), /larger than 10 MB/],
    [
      'duplicate keys',
      (a, r) => json(r, 200, `{"jsonrpc":"2.0","id":${JSON.stringify(a.body?.['id'])},"result":{"a":1,"a":2}}`),
      /cannot be read/,
    ],
    [
      'an error without an id',
      (_a, r) => json(r, 401, { jsonrpc: '2.0', id: null, error: { code: 40100, message: 'A valid API key is required.' } }),
      /valid API key/,
    ],
    [
      '429 with how long to wait',
      (_a, r) => json(r, 429, { jsonrpc: '2.0', id: null, error: { code: 42900, message: 'Too many requests.' } }, { 'retry-after': '7' }),
      /Too many/,
    ],
  ];

  it.each(WRONG)('%s: the client gets one error with its own id', async (_what, script, text) => {
    for (const call of [modern(1, 'tools/call', { name: 'a', arguments: {} }), toolCall('two', 'a', {})]) {
      const bridge = await bridged(script);
      bridge.send(call);
      const answer = await bridge.answer(call['id']);
      expect(String(errorOf(answer)['message'])).toMatch(text);
      expect(bridge.said.filter((message) => message['id'] === call['id'])).toHaveLength(1);
      expect(JSON.stringify([bridge.said, bridge.told])).not.toContain('sp_');
      await bridge.bridge.end(0);
      gateway?.close();
    }
  });

  it('tells how long to wait', async () => {
    const bridge = await bridged((_a, r) =>
      json(r, 429, { jsonrpc: '2.0', id: null, error: { code: 42900, message: 'no' } }, { 'retry-after': '7' }),
    );
    bridge.send(modern(1, 'tools/list'));
    expect(errorOf(await bridge.answer(1))['data']).toEqual({ retryAfterSeconds: 7 });
  });
});

describe('messages that a client must not send', () => {
  it.each([
    ['{"jsonrpc":"2.0","id":1', null, -32700],
    ['{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}', null, -32700],
    ['{"jsonrpc":"2.0","id":12345678901234567890,"method":"ping"}', null, -32700],
    ['{"jsonrpc":"1.0","id":3,"method":"ping"}', 3, -32600],
    ['{"jsonrpc":"2.0","id":4,"method":"ping","extra":1}', 4, -32600],
    ['{"jsonrpc":"2.0","id":null,"method":"ping"}', null, -32600],
    ['{"jsonrpc":"2.0","id":5,"method":7}', 5, -32600],
  ])('%s is refused here, and nothing is sent', async (line, id, code) => {
    const bridge = await bridged((_a, r) => json(r, 200, {}));
    bridge.send(line);
    const answer = await bridge.next((message) => message['error'] !== undefined);
    expect([answer['id'], errorOf(answer)['code']]).toEqual([id, code]);
    expect(gateway?.asked).toEqual([]);
  });

  it('an id that is still in use is refused', async () => {
    const held: ServerResponse[] = [];
    const bridge = await bridged((_a, r) => void held.push(r));
    bridge.send(toolCall(1, 'a', {}));
    bridge.send(toolCall(1, 'b', {}));
    expect(String(errorOf(await bridge.answer(1))['message'])).toContain('still being answered');
    bridge.send(toolCall('1', 'c', {}));
    while (held.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(gateway?.asked.map(({ body }) => body?.['id'])).toEqual([1, '1']);
  });

  it('more than 256 at a time are refused', async () => {
    const bridge = await bridged(() => undefined);
    for (let id = 0; id <= 256; id++) bridge.send(toolCall(id, 'a', {}));
    expect(String(errorOf(await bridge.answer(256))['message'])).toContain('At most 256');
  });

  it('a method that no header can carry is refused by the gateway, not by a crash', async () => {
    const bridge = await bridged((a, r) =>
      json(r, 404, { jsonrpc: '2.0', id: a.body?.['id'], error: { code: -32601, message: 'Method not found' } }),
    );
    bridge.send(modern(1, 'tools/cäll\n', {}));
    expect(errorOf(await bridge.answer(1))['code']).toBe(-32601);
  });
});

describe('a gateway that is away', () => {
  it('is waited for, and then the client is told that nothing was forwarded', async () => {
    gateway = await scriptedGateway(() => undefined);
    const { port } = gateway;
    gateway.close();
    open = openBridge(port, 300);
    open.send(initialize(0));
    const answer = await open.answer(0);
    expect(errorOf(answer)).toMatchObject({ code: 50300, message: expect.stringContaining('Nothing was forwarded') });
    expect(open.told.join()).toContain('cannot be reached (ECONNREFUSED)');
  });

  it('what was cancelled while waiting is never sent', async () => {
    gateway = await scriptedGateway(() => undefined);
    const { port } = gateway;
    gateway.close();
    open = openBridge(port, 60_000);
    open.send(modern(1, 'tools/call', { name: 'a', arguments: {} }));
    open.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(open.said).toEqual([]);
  });
});

describe('a session that the gateway no longer knows', () => {
  const UNKNOWN = { jsonrpc: '2.0', id: null, error: { code: 40400, message: 'This session is not known: begin with initialize.' } };
  const lost: (asked: Asked, response: ServerResponse, live: string) => void = (asked, response, live) => {
    if (asked.headers['mcp-session-id'] !== live) return json(response, 404, UNKNOWN);
    if (asked.method === 'GET') return void events(response);
    if (asked.body?.['id'] === undefined) return json(response, 202, '');
    json(response, 200, result(asked.body['id'], live));
  };
  const forget = withForgetting(lost);

  /** `forget` makes every session so far unknown. */
  function withForgetting(script: (asked: Asked, response: ServerResponse, live: string) => void) {
    return (revisions: readonly string[] = []): { readonly script: Script; forget(): void } => {
      let gone = false;
      const inner = withSessions((asked, response, live) => script(asked, response, gone ? 'none yet' : live), revisions);
      return {
        script: (asked, response) => {
          if (asked.body?.['method'] === 'initialize') gone = false;
          inner(asked, response);
        },
        forget: () => {
          gone = true;
        },
      };
    };
  }

  const begin = async (bridge: OpenBridge): Promise<void> => {
    bridge.send(initialize(0));
    await bridge.answer(0);
    bridge.send(INITIALIZED);
    bridge.send({ jsonrpc: '2.0', id: 'level', method: 'logging/setLevel', params: { level: 'info' } });
    await bridge.answer('level');
  };
  const sent = (session: string): readonly unknown[] =>
    (gateway?.asked ?? [])
      .filter((one) => one.headers['mcp-session-id'] === session && one.body !== null)
      .map(({ body }) => body?.['method']);

  it('is begun again with the same parameters, what was set is set again, and the call goes through once', async () => {
    const { script, forget: forgetNow } = forget();
    const bridge = await bridged(script);
    await begin(bridge);
    forgetNow();
    bridge.send(toolCall(7, 'a', {}));
    expect(await bridge.answer(7)).toEqual(result(7, 's2'));
    const [first, second] = (gateway?.asked ?? [])
      .filter(({ body }) => body?.['method'] === 'initialize')
      .map(({ body }) => body?.['params']);
    expect(second).toEqual(first);
    expect(sent('s2')).toEqual(['notifications/initialized', 'logging/setLevel', 'tools/call']);
    expect(bridge.said.filter(({ method }) => method === 'notifications/tools/list_changed')).toHaveLength(1);
    expect(bridge.said.filter(({ id }) => id === 0)).toHaveLength(1);
  });

  it('is begun again once, however many calls find it gone', async () => {
    const { script, forget: forgetNow } = forget();
    const bridge = await bridged(script);
    await begin(bridge);
    forgetNow();
    for (let id = 1; id <= 20; id++) bridge.send(toolCall(id, 'a', {}));
    for (let id = 1; id <= 20; id++) expect(await bridge.answer(id)).toEqual(result(id, 's2'));
  });

  it('in another revision cannot be gone on with, and the client is told what to do', async () => {
    const { script, forget: forgetNow } = forget(['2025-11-25', '2025-06-18']);
    const bridge = await bridged(script);
    await begin(bridge);
    forgetNow();
    bridge.send(toolCall(7, 'a', {}));
    expect(String(errorOf(await bridge.answer(7))['message'])).toContain('speaks MCP 2025-06-18');
  });

  it('ends what servers asked in it: the client is told, and its late answer reaches nobody', async () => {
    let standing: ServerResponse | null = null;
    const { script, forget: forgetNow } = withForgetting((asked, response, live) => {
      if (asked.method === 'GET' && asked.headers['mcp-session-id'] === live) standing = events(response);
      else lost(asked, response, live);
    })();
    const bridge = await bridged(script);
    await begin(bridge);
    while (standing === null) await new Promise((resolve) => setTimeout(resolve, 5));
    (standing as ServerResponse).write(event({ jsonrpc: '2.0', id: 'ask-1', method: 'roots/list' }));
    (standing as ServerResponse).write(event({ jsonrpc: '2.0', id: 'ask-2', method: 'roots/list' }));
    await bridge.next(({ id }) => id === 'ask-2');
    bridge.send({ jsonrpc: '2.0', id: 'ask-1', result: { roots: [] } });
    while (!gateway?.asked.some(({ body }) => body?.['id'] === 'ask-1')) await new Promise((resolve) => setTimeout(resolve, 5));
    forgetNow();
    bridge.send(toolCall(7, 'a', {}));
    await bridge.answer(7);
    expect(bridge.said).toContainEqual(
      expect.objectContaining({ method: 'notifications/cancelled', params: expect.objectContaining({ requestId: 'ask-2' }) }),
    );
    bridge.send({ jsonrpc: '2.0', id: 'ask-2', result: { roots: [] } });
    bridge.send(toolCall(8, 'a', {}));
    await bridge.answer(8);
    expect(gateway?.asked.filter(({ body }) => body?.['id'] === 'ask-2')).toEqual([]);
    expect(bridge.told.join()).toContain('nobody asks any more');
  });
});

describe('a stream of a call that the gateway closes to be asked again', () => {
  it('is taken up where it stood', async () => {
    const bridge = await bridged(
      withSessions((asked, response) => {
        if (asked.method === 'GET' && asked.headers['last-event-id'] === undefined) return void events(response);
        if (asked.method === 'GET') return void events(response).end(event(result(7, String(asked.headers['last-event-id']))));
        events(response).end(
          `retry: 20\n${event('', 'e-1')}${event({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: 1, progress: 1 } }, 'e-2')}`,
        );
      }),
    );
    bridge.send(initialize(0));
    await bridge.answer(0);
    bridge.send(toolCall(7, 'a', {}));
    expect(await bridge.answer(7)).toEqual(result(7, 'e-2'));
  });

  it('and never answers any more: the client hears so', async () => {
    const bridge = await bridged(
      withSessions((asked, response) => {
        if (asked.method === 'GET') return json(response, 400, { jsonrpc: '2.0', id: null, error: { code: -32600, message: 'no' } });
        events(response).end(`retry: 20\n${event('', 'e-1')}`);
      }),
    );
    bridge.send(initialize(0));
    await bridge.answer(0);
    bridge.send(toolCall(7, 'a', {}));
    expect(errorOf(await bridge.answer(7))['code']).toBe(50200);
  });
});
