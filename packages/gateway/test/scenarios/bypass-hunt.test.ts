import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { INITIALIZED, initialize, startStdioEnd, toolCall } from '../connect/stdio-end.ts';
import { FIXTURES, startTestGateway, type TestGateway, toolServer } from './running-gateway.ts';
import { BOTH, type Caller, modern, post, request, session } from './wire.ts';

// A reader wants a tool that only writers may call. Every way that leads to a server is tried with it, and every way that might: nothing of it reaches the
// server, and of each attempt the log holds what was decided.

const WANTED = 'write_0';
const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': { extensions: { 'io.modelcontextprotocol/tasks': {} } },
  'io.modelcontextprotocol/clientInfo': { name: 'hunter', version: '1' },
};
const dir = mkdtempSync(join(tmpdir(), 'sallyport-hunt-'));
const callLog = join(dir, 'calls');

let gateway: TestGateway;
let reader: Caller;
let principal: string;
beforeAll(async () => {
  const tasks = { kind: 'stdio', launch: { command: process.execPath, args: [join(FIXTURES, 'task-server-stdio.ts')] } };
  gateway = await startTestGateway({
    servers: [toolServer('local', { callLog }), { id: 'tasks', transport: tasks, effects: { run: 'write', must: 'write', never: 'read' } }],
  });
  const made = await gateway.key({ name: 'reader', roles: ['reader'] });
  principal = made.principal;
  reader = { mcp: gateway.mcp, key: made.text };
}, 60_000);
afterAll(async () => {
  await gateway.stop();
  rmSync(dir, { recursive: true, force: true });
});

const forwarded = (): readonly string[] =>
  existsSync(callLog)
    ? readFileSync(callLog, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
    : [];
const records = async (): Promise<readonly JsonObject[]> => (await gateway.records()).map((item) => item['record'] as JsonObject);

/** What the log got of one attempt: kind and reason, oldest first. What only looks (ping, initialize, lists) is left out. */
async function recordedOf(attempt: () => Promise<unknown>): Promise<readonly string[]> {
  const before = new Set((await records()).map((record) => `${String(record['id'])} ${String(record['kind'])}`));
  await attempt();
  return (await records())
    .filter((record) => record['via'] === 'mcp' && record['kind'] !== 'answer')
    .filter((record) => !before.has(`${String(record['id'])} ${String(record['kind'])}`))
    .map((record) => String(record['reason'] ?? record['kind']));
}

/** Bytes on a socket of their own; gives every status line that came back. */
function raw(text: string): Promise<readonly number[]> {
  const { hostname, port } = new URL(gateway.mcp);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) });
    let told = '';
    const timer = setTimeout(() => socket.destroy(), 3000);
    socket.on('data', (chunk: Buffer) => {
      told += chunk.toString('latin1');
    });
    socket
      .on('error', () => undefined)
      .on('close', () => {
        clearTimeout(timer);
        resolve([...told.matchAll(/HTTP\/1\.[01] (\d{3})/g)].map(([, status]) => Number(status)));
      });
    socket.write(text, 'latin1');
  });
}

const callText = (name: string, id: unknown = 'hunt'): string =>
  JSON.stringify(request(id, 'tools/call', { name, arguments: { text: 'x' }, _meta: META }));

interface Head {
  readonly verb?: string;
  readonly target?: string;
  readonly version?: string;
  readonly more?: readonly string[];
  readonly name?: string;
  readonly close?: boolean;
}

/** A whole request of the stateless era for the wanted tool, its head as the attempt wants it. */
function wanted({
  verb = 'POST',
  target = '/mcp',
  version = 'HTTP/1.1',
  more = [],
  name = `local__${WANTED}`,
  close = true,
}: Head = {}): string {
  const body = callText(name);
  const heads = [
    `Host: ${new URL(gateway.mcp).host}`,
    `Authorization: Bearer ${reader.key}`,
    'Content-Type: application/json',
    `Accept: ${BOTH}`,
    'MCP-Protocol-Version: 2026-07-28',
    'Mcp-Method: tools/call',
    `Mcp-Name: ${name}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...more,
    ...(close ? ['Connection: close'] : []),
  ];
  return `${verb} ${target} ${version}\r\n${heads.join('\r\n')}\r\n\r\n${body}`;
}

const HIDDEN = ['gateway.hidden_tool'];
const NOWHERE = ['http.not_found'];

describe('raw paths', () => {
  it.each([
    ['/mcp', 200, HIDDEN],
    ['/mcp?x=/mcp/local', 200, HIDDEN],
    ['/mcp/', 404, NOWHERE],
    ['//mcp', 404, NOWHERE],
    ['/mcp//local', 404, NOWHERE],
    ['/mcp/local/', 404, NOWHERE],
    ['/MCP', 404, NOWHERE],
    ['/mcp/LOCAL', 404, NOWHERE],
    ['/%6dcp', 404, NOWHERE],
    ['/mcp%2flocal', 404, NOWHERE],
    ['/mcp/%6cocal', 404, NOWHERE],
    ['/mcp/local%00', 404, NOWHERE],
    ['/mcp/local%2f..', 404, NOWHERE],
    ['/mcp/.', 404, NOWHERE],
    ['/mcp/..', 404, NOWHERE],
    ['/x/../mcp', 404, NOWHERE],
    ['/mcp/../mcp/local', 404, NOWHERE],
    ['/mcp;local', 404, NOWHERE],
    ['/mcp/local;x', 404, NOWHERE],
    ['/mcp\\local', 404, NOWHERE],
    ['/mcp#local', 404, NOWHERE],
    ['/api/v1/servers', 404, NOWHERE],
    ['/metrics', 404, NOWHERE],
    ['*', 404, NOWHERE],
  ] as const)('%s is answered %i and recorded', async (target, status, reasons) => {
    let told: readonly number[] = [];
    expect(await recordedOf(async () => (told = await raw(wanted({ target }))))).toEqual(reasons);
    expect(told).toEqual([status]);
  });

  it.each(['http://HOST/mcp', 'http://evil.example/mcp', 'https://HOST/mcp', 'file:///mcp'])(
    'a target that is absolute, %s, is no path here',
    async (target) => {
      const absolute = target.replace('HOST', new URL(gateway.mcp).host);
      let told: readonly number[] = [];
      expect(await recordedOf(async () => (told = await raw(wanted({ target: absolute }))))).toEqual(NOWHERE);
      expect(told).toEqual([404]);
    },
  );
});

describe('heads that mean to say something else', () => {
  it.each([
    ['an override to GET', ['X-HTTP-Method-Override: GET'], HIDDEN],
    ['an override to DELETE', ['X-HTTP-Method: DELETE', 'X-Method-Override: PUT'], HIDDEN],
    ['another URL', ['X-Original-URL: /mcp/local', 'X-Rewrite-URL: /mcp/local'], HIDDEN],
    ['another host that was forwarded', ['X-Forwarded-Host: evil.example', 'Forwarded: host=evil.example'], HIDDEN],
    ['another address', ['X-Forwarded-For: 10.0.0.1', 'X-Real-IP: 10.0.0.1'], HIDDEN],
    ['two hosts', ['Host: evil.example'], ['protocol.header_mismatch']],
    ['the same host twice', ['HOST: SAME'], ['protocol.header_mismatch']],
    ['a second name', ['Mcp-Name: local__read_0'], ['protocol.header_mismatch']],
    ['a second key', ['Authorization: Bearer other'], ['protocol.header_mismatch']],
    ['an expectation', ['Expect: 100-continue'], HIDDEN],
    ['an upgrade', ['Upgrade: websocket', 'Sec-WebSocket-Key: x', 'Sec-WebSocket-Version: 13'], HIDDEN],
  ] as const)('%s decides nothing', async (_what, heads, reasons) => {
    const more = heads.map((head) => head.replace('SAME', new URL(gateway.mcp).host));
    expect(await recordedOf(() => raw(wanted({ more })))).toEqual(reasons);
  });

  it('HTTP/1.0 takes the same way', async () => {
    expect(await recordedOf(() => raw(wanted({ version: 'HTTP/1.0' })))).toEqual(HIDDEN);
  });

  it.each(['GET', 'PUT', 'PATCH', 'TRACE', 'HEAD', 'PROPFIND'])('the verb %s with a body calls nothing', async (verb) => {
    expect(await recordedOf(() => raw(wanted({ verb })))).toEqual(['http.method_not_allowed']);
  });

  it.each([
    ['two lengths', ['Content-Length: 1']],
    ['a length and chunks', ['Transfer-Encoding: chunked']],
    ['a folded line', [' folded: yes']],
  ])('%s are no request at all: 400, and nothing is read of them', async (_what, more) => {
    expect(await raw(wanted({ more }))).toEqual([400]);
  });
});

describe('several in one', () => {
  it('requests that are sent one behind the other are decided one by one', async () => {
    const before = forwarded().length;
    const text = [
      wanted({ name: 'local__read_0', close: false }),
      wanted({ close: false }),
      wanted({ target: '/mcp/local/', close: false }),
      wanted({ name: 'local__read_1' }),
    ].join('');
    let told: readonly number[] = [];
    const seen = await recordedOf(async () => (told = await raw(text)));
    expect(told).toEqual([200, 200, 404, 200]);
    expect([...seen].sort()).toEqual(['gateway.hidden_tool', 'http.not_found', 'intent', 'intent', 'outcome', 'outcome']);
    expect(
      forwarded()
        .slice(before)
        .map((line) => (JSON.parse(line) as JsonObject)['name'])
        .sort(),
    ).toEqual(['read_0', 'read_1']);
  });

  it('a body with a second request behind its end is one request', async () => {
    const inner = wanted();
    const outer = wanted({ name: 'local__read_0', close: false });
    // The second is decided as what it is: a request of its own.
    expect([...(await recordedOf(() => raw(`${outer}${inner}`)))].sort()).toEqual(['gateway.hidden_tool', 'intent', 'outcome']);
  });

  it('members of a batch are decided one by one, as are those that are notifications or answers', async () => {
    const batching = await session(reader, '2025-03-26');
    const call = (id: string, name: string): JsonObject => request(id, 'tools/call', { name, arguments: { text: 'x' } });
    const { id: _none, ...silent } = call('none', `local__${WANTED}`);
    const both = [call('a', 'local__read_0'), call('b', `local__${WANTED}`), silent];
    const seen = await recordedOf(() => post(batching, both));
    expect([...seen].sort()).toEqual(['gateway.hidden_tool', 'intent', 'outcome', 'protocol.unknown_method']);
  });
});

describe('other forms of a message', () => {
  const inBoth = async (attempt: (caller: Caller) => Promise<unknown>): Promise<readonly string[]> => {
    const legacy = await session(reader);
    return recordedOf(() => attempt(legacy));
  };

  it('a notification calls nothing', async () => {
    const body = { jsonrpc: '2.0', method: 'tools/call', params: { name: `local__${WANTED}`, arguments: {} } };
    expect(await inBoth((legacy) => post(legacy, body))).toEqual(['protocol.unknown_method']);
    expect(await recordedOf(() => modernBody(body))).toEqual(['protocol.unknown_method']);
  });

  it('an answer that names a method calls nothing', async () => {
    const body = { jsonrpc: '2.0', id: 'a', result: {}, method: 'tools/call', params: { name: `local__${WANTED}`, arguments: {} } };
    expect(await inBoth((legacy) => post(legacy, body))).toEqual(['protocol.invalid_message']);
  });

  it('two names in one message are none', async () => {
    const text = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"local__read_0","name":"local__${WANTED}","arguments":{}}}`;
    expect(await inBoth((legacy) => post(legacy, text))).toEqual(['protocol.duplicate_key']);
    const cased = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"local__read_0","Name":"local__${WANTED}","arguments":{}}}`;
    expect(await inBoth((legacy) => post(legacy, cased))).toEqual(['protocol.case_variant_key']);
  });

  it('a head that names a tool that is permitted does not permit the one in the body', async () => {
    expect(
      await recordedOf(() => modern(reader, 1, 'tools/call', { name: `local__${WANTED}`, arguments: {} }, { 'mcp-name': 'local__read_0' })),
    ).toEqual(['protocol.header_mismatch']);
    expect(
      await recordedOf(() => modern(reader, 1, 'tools/call', { name: `local__${WANTED}`, arguments: {} }, { 'mcp-method': 'tools/list' })),
    ).toEqual(['protocol.header_mismatch']);
  });

  it.each([
    `local__${WANTED} `,
    ` local__${WANTED}`,
    `LOCAL__${WANTED}`,
    `local___${WANTED}`,
    `local__local__${WANTED}`,
    'local__write_\uff10',
    WANTED,
    `local/${WANTED}`,
  ])('the name %j is another name', async (name) => {
    expect(await inBoth((legacy) => post(legacy, request(1, 'tools/call', { name, arguments: {} })))).toEqual(['gateway.unknown_tool']);
  });

  it('on the endpoint of its server it is as hidden', async () => {
    const own = await session({ ...reader, mcp: `${reader.mcp}/local` });
    expect(await recordedOf(() => post(own, request(1, 'tools/call', { name: WANTED, arguments: {} })))).toEqual(HIDDEN);
    expect(await recordedOf(() => post(own, request(1, 'tools/call', { name: `local__${WANTED}`, arguments: {} })))).toEqual([
      'gateway.unknown_tool',
    ]);
  });

  it.each([
    ['a handle that nobody was given', { 'sallyport/handle': 'x'.repeat(43) }],
    ['a progress token', { progressToken: 'x' }],
  ])('with %s in _meta it is as hidden', async (_what, _meta) => {
    expect(await inBoth((legacy) => post(legacy, request(1, 'tools/call', { name: `local__${WANTED}`, arguments: {}, _meta })))).toEqual(
      HIDDEN,
    );
  });

  it('a state that claims to come from a round before opens nothing', async () => {
    const params = { name: `local__${WANTED}`, arguments: {}, requestState: 'x'.repeat(80), inputResponses: {} };
    expect(await recordedOf(() => modern(reader, 1, 'tools/call', params))).toEqual(HIDDEN);
  });
});

const modernBody = (body: JsonObject): Promise<unknown> =>
  post(reader, { ...body, params: { ...(body['params'] as JsonObject), _meta: META } }, { 'mcp-protocol-version': '2026-07-28' });

describe('tasks', () => {
  it('a call that asks to be a task is decided as the call, and what is asked about a task as a call of its tool', async () => {
    const legacy = await session(reader);
    const begin = request(1, 'tools/call', { name: 'tasks__run', arguments: { ms: 1 }, task: { ttl: 1000 } });
    expect(await recordedOf(() => post(legacy, begin))).toEqual(HIDDEN);
    const writer = await session({ mcp: gateway.mcp, key: (await gateway.key({ name: 'writer', roles: ['writer'] })).text });
    const begun = await post(writer, begin);
    const { taskId } = ((begun.message?.['result'] ?? {}) as { readonly task: { readonly taskId: string } }).task;
    for (const method of ['tasks/get', 'tasks/result', 'tasks/cancel']) {
      expect(await recordedOf(() => post(legacy, request(1, method, { taskId })))).toEqual(['gateway.unknown_task']);
      expect(await recordedOf(() => post(writer, request(1, method, { taskId })))).toEqual(['intent', 'outcome']);
    }
  });
});

describe('streams', () => {
  it('taking a stream up again calls nothing again, whatever it is asked with', async () => {
    const legacy = await session(reader);
    const before = forwarded().length;
    for (const [verb, last, reasons] of [
      ['GET', 'x', ['protocol.event_unknown']],
      ['GET', `${'A'.repeat(43)}.1`, ['protocol.event_unknown']],
      // It ends the session, which is recorded as an answer.
      ['DELETE', 'x', []],
    ] as const) {
      const seen = await recordedOf(async () => {
        const controller = new AbortController();
        const headers = { authorization: `Bearer ${reader.key}`, accept: BOTH, 'last-event-id': last, ...legacy.headers };
        await fetch(gateway.mcp, { method: verb, headers, signal: controller.signal }).then((response) => response.body?.cancel());
        controller.abort();
      });
      expect(seen).toEqual(reasons);
    }
    expect(forwarded().length).toBe(before);
  });
});

describe('the stdio end', () => {
  it('takes the same way with the same key: what is hidden there is hidden here, and recorded', async () => {
    const end = startStdioEnd(['--url', gateway.mcp], { SALLYPORT_KEY: reader.key });
    const seen = await recordedOf(async () => {
      end.send(initialize(0));
      await end.answer(0);
      end.send(INITIALIZED);
      end.send(toolCall(1, `local__${WANTED}`, { text: 'x' }));
      expect(JSON.stringify(await end.answer(1))).toContain('Unknown tool');
      end.send(toolCall(2, 'local__read_0', { text: 'x' }));
      expect(JSON.stringify(await end.answer(2))).not.toContain('Unknown tool');
      await end.end();
    });
    expect(seen).toEqual(['gateway.hidden_tool', 'intent', 'outcome']);
  });
});

describe('after all of it', () => {
  it('the server was asked for nothing that was not decided and recorded [R4-27]', async () => {
    const seen = forwarded().map((line) => String((JSON.parse(line) as JsonObject)['name']));
    expect(seen.length).toBeGreaterThan(3);
    expect(seen).not.toContain(WANTED);
    const intents = (await records()).filter((record) => record['kind'] === 'intent' && record['server'] === 'local');
    expect(intents.map((record) => record['tool']).sort()).toEqual([...seen].sort());
    for (const intent of intents) {
      expect(intent).toMatchObject({ principal, decision: { effect: 'allow' } });
      expect((intent['guards'] as readonly JsonObject[]).map((guard) => guard['guard'])).toContain('authorize');
    }
  });
});
