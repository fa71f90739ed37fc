import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { eventually } from '../fixtures/upstreams.ts';
import { AskedClient, FORM, POLITE, type Respond, SAMPLING } from './asked-client.ts';
import { FIXTURES, startTestGateway, type TestGateway } from './running-gateway.ts';
import { type Caller, post } from './wire.ts';

const ALL: JsonObject = { sampling: { tools: {} }, elicitation: { form: {}, url: {} }, roots: { listChanged: true } };
const TOOLS = [
  'ask',
  'ask_many',
  'ask_and_take_back',
  'ask_and_finish',
  'complete',
  'declared',
  'heard',
  'eager',
  'url_required',
  'wait',
  'needs_sampling',
];
const EFFECTS = Object.fromEntries(TOOLS.map((name) => [name, 'read']));

const stdio = (id: string, ...args: string[]): JsonObject => ({
  id,
  transport: { kind: 'stdio', launch: { command: process.execPath, args: [join(FIXTURES, 'asking-server-stdio.ts'), ...args] } },
  effects: EFFECTS,
});
const http = (id: string): JsonObject => ({
  id,
  transport: {
    kind: 'streamable-http',
    local: {
      launch: { command: process.execPath, args: [join(FIXTURES, 'asking-server-http.ts')] },
      tokenEnv: 'TOOL_SERVER_TOKEN',
      path: '/mcp',
    },
  },
  effects: EFFECTS,
});

let gateway: TestGateway;
let ann: Caller;
const clients: AskedClient[] = [];

beforeAll(async () => {
  gateway = await startTestGateway({
    servers: [stdio('stdio'), http('http'), stdio('eager', '--eager'), { ...stdio('shared'), sharing: 'shared' }],
  });
  ann = { mcp: gateway.mcp, key: (await gateway.key({ name: 'ann', roles: ['writer'] })).text };
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.end()));
});
afterAll(() => gateway.stop(), 30_000);

async function client(capabilities: JsonObject = ALL, respond: Respond = POLITE, revision = '2025-11-25'): Promise<AskedClient> {
  const begun = await AskedClient.begin(ann, capabilities, respond, revision);
  clients.push(begun);
  return begun;
}

const recordsOf = async (method: string): Promise<readonly JsonObject[]> =>
  (await gateway.records()).filter((one) => (one['record'] as JsonObject)['method'] === method);

const SERVERS = ['stdio', 'http'] as const;
const GOOD: readonly (readonly [string, JsonObject, JsonObject])[] = [
  ['sampling/createMessage', SAMPLING, { role: 'assistant', content: { type: 'text', text: 'sampled' }, model: 'a-model' }],
  ['elicitation/create', FORM, { action: 'accept', content: { name: 'Ann' } }],
  ['roots/list', {}, { roots: [{ uri: 'file:///home/ann', name: 'home' }] }],
];

describe.each(SERVERS)('a server over %s asks its client', (server) => {
  it.each(GOOD)('%s, on the stream of the call, under an id that is ours', async (method, params, result) => {
    const one = await client();
    await one.listen();
    expect(await one.told('c', `${server}__ask`, { method, params })).toEqual({ jsonrpc: '2.0', id: 0, result });
    expect(one.heard).toHaveLength(1);
    expect(one.heard[0]).toMatchObject({ stream: 'c', message: { method, params } });
    expect(String(one.asked[0]?.['id'])).toMatch(/^[\w-]{17,}$/);
  });

  it('records what is asked before it is delivered, and the answer before the server reads it', async () => {
    const one = await client();
    const before = (await recordsOf('roots/list')).length;
    let recordedWhenAsked = 0;
    one.respond = async (asked) => {
      recordedWhenAsked = (await recordsOf('roots/list')).length - before;
      return POLITE(asked);
    };
    await one.told('c', `${server}__ask`, { method: 'roots/list', params: {} });
    expect(recordedWhenAsked).toBe(1);
    const [intent, outcome] = (await recordsOf('roots/list')).slice(before).map((one) => one['record'] as JsonObject);
    expect(intent).toMatchObject({ kind: 'intent', server, tool: 'ask', decision: { effect: 'allow' }, parent: expect.any(String) });
    expect(outcome).toMatchObject({ kind: 'outcome', status: 'ok', id: intent?.['id'], resultDigest: expect.any(String) });
    expect(((intent as JsonObject)['guards'] as readonly JsonObject[]).map((row) => row['guard'])).toEqual([
      'limit-asks',
      'read-ask',
      'declared',
      'authorize',
    ]);
  });
});

const error = (code: number, text: RegExp): JsonObject =>
  ({
    error: { code, message: expect.stringMatching(text), data: { ref: expect.stringMatching(/^[0-9A-Z]{26}$/) } },
  }) as unknown as JsonObject;

const UNDECLARED: readonly (readonly [string, JsonObject, string, JsonObject])[] = [
  ['sampling that nobody declared', {}, 'sampling/createMessage', SAMPLING],
  ['a form for who declared URLs only', { elicitation: { url: {} } }, 'elicitation/create', FORM],
  [
    'a URL for who declared forms only',
    { elicitation: {} },
    'elicitation/create',
    { mode: 'url', message: 'Go', url: 'https://example.com/', elicitationId: 'e1' },
  ],
  ['roots that nobody declared', { sampling: {} }, 'roots/list', {}],
  [
    'sampling with tools for who declared none',
    { sampling: {} },
    'sampling/createMessage',
    { ...SAMPLING, tools: [{ name: 'a', inputSchema: {} }] },
  ],
  [
    'sampling with context for who declared none',
    { sampling: {} },
    'sampling/createMessage',
    { ...SAMPLING, includeContext: 'thisServer' },
  ],
  ['a method that no revision has', ALL, 'secrets/list', {}],
  ['a method of clients', ALL, 'tools/list', {}],
];

const form = (properties: JsonObject): JsonObject => ({ message: 'Fill in', requestedSchema: { type: 'object', properties } });
const url = (to: string): JsonObject => ({ mode: 'url', message: 'Go', url: to, elicitationId: 'e1' });

const INVALID: readonly (readonly [string, string, JsonObject, RegExp])[] = [
  ['sampling without messages', 'sampling/createMessage', { maxTokens: 1 }, /messages is missing/],
  [
    'sampling with a message of no kind',
    'sampling/createMessage',
    { maxTokens: 1, messages: [{ role: 'user', content: { type: 'x' } }] },
    /messages/,
  ],
  [
    'sampling with a role of its own',
    'sampling/createMessage',
    { maxTokens: 1, messages: [{ role: 'system', content: { type: 'text', text: '' } }] },
    /messages/,
  ],
  ['the context of all servers', 'sampling/createMessage', { ...SAMPLING, includeContext: 'allServers' }, /context of other servers/],
  ['a form without a schema', 'elicitation/create', { message: 'x' }, /requestedSchema/],
  ['a form that nests', 'elicitation/create', form({ a: { type: 'object', properties: {} } }), /none that a form has/],
  [
    'a form that asks for a password by name',
    'elicitation/create',
    form({ userPassword: { type: 'string' } }),
    /must not ask for a password/,
  ],
  [
    'a form that asks for an API key by title',
    'elicitation/create',
    form({ x: { type: 'string', title: 'Your API-Key' } }),
    /must not ask for a password/,
  ],
  [
    'a form that asks for a password by format',
    'elicitation/create',
    form({ x: { type: 'string', format: 'password' } }),
    /must not ask for a password/,
  ],
  ['a URL without encryption', 'elicitation/create', url('http://example.com/'), /not plain https/],
  ['a URL with credentials', 'elicitation/create', url('https://me:secret@example.com/'), /not plain https/],
  ['a script for a URL', 'elicitation/create', url('javascript:alert(1)'), /not plain https/],
  ['a file for a URL', 'elicitation/create', url('file:///etc/passwd'), /not plain https/],
  ['a URL with a hidden character', 'elicitation/create', url('https://example.com\u202e/'), /not plain https/],
];

describe.each(SERVERS)('a server over %s is refused, its client never hears of it, and it is recorded', (server) => {
  it.each(UNDECLARED)('%s', async (_name, declared, method, params) => {
    const one = await client(declared);
    expect(await one.told('c', `${server}__ask`, { method, params })).toMatchObject(error(-32601, /did not offer it/));
    expect(one.heard).toEqual([]);
    expect((await gateway.records('kind=refusal')).at(-1)).toMatchObject({
      record: { method, server, status: 'refused', reason: 'gateway.ask_not_offered' },
    });
  });

  it.each(INVALID)('%s', async (_name, method, params, says) => {
    const one = await client();
    expect(await one.told('c', `${server}__ask`, { method, params })).toMatchObject(error(-32602, says));
    expect(one.heard).toEqual([]);
    expect((await gateway.records('kind=refusal')).at(-1)).toMatchObject({ record: { method, server } });
  });
});

const BAD_ANSWERS: readonly (readonly [string, string, JsonObject, JsonObject])[] = [
  ['a sampled message without a model', 'sampling/createMessage', SAMPLING, { role: 'assistant', content: { type: 'text', text: 'x' } }],
  [
    'a tool use that was not offered',
    'sampling/createMessage',
    SAMPLING,
    { role: 'assistant', model: 'm', content: { type: 'tool_use', id: '1', name: 'a', input: {} } },
  ],
  ['an action that there is not', 'elicitation/create', FORM, { action: 'perhaps' }],
  ['a form that lacks what is required', 'elicitation/create', FORM, { action: 'accept', content: {} }],
  ['a form with more than was asked for', 'elicitation/create', FORM, { action: 'accept', content: { name: 'A', home: 'B' } }],
  ['a form with the wrong type', 'elicitation/create', FORM, { action: 'accept', content: { name: 7 } }],
  ['a root on the web', 'roots/list', {}, { roots: [{ uri: 'https://example.com/' }] }],
  ['roots that are none', 'roots/list', {}, { roots: 'all' }],
];

describe('what a client answers', () => {
  it.each(BAD_ANSWERS)('does not reach the server when it is %s', async (_name, method, params, result) => {
    const one = await client(ALL, () => ({ result }));
    expect(await one.told('c', 'stdio__ask', { method, params })).toMatchObject(error(50200, /does not fit what was asked/));
    expect((await recordsOf(method)).at(-1)).toMatchObject({ record: { kind: 'outcome', reason: 'gateway.answer_invalid' } });
  });

  it('is nothing but the action when a person declined, whatever was filled in', async () => {
    const one = await client(ALL, () => ({ result: { action: 'decline', content: { name: 'half a name' } } }));
    expect(await one.told('c', 'stdio__ask', { method: 'elicitation/create', params: FORM })).toMatchObject({
      result: { action: 'decline' },
    });
    expect(await one.told('d', 'stdio__ask', { method: 'elicitation/create', params: FORM })).not.toHaveProperty('result.content');
  });

  it('may be an error, which reaches the server as its code and words', async () => {
    const one = await client(ALL, () => ({ error: { code: -1, message: 'User rejected', data: { more: 'x' } } }));
    const told = await one.told('c', 'stdio__ask', { method: 'sampling/createMessage', params: SAMPLING });
    expect(told['error']).toEqual({ code: -1, message: 'User rejected' });
    expect((await recordsOf('sampling/createMessage')).at(-1)).toMatchObject({ record: { kind: 'outcome', status: 'error' } });
  });

  it('counts once: what comes twice, unasked, under another id or from another session is dropped with 202', async () => {
    const other = await client();
    const one = await client(ALL, async (asked) => {
      const stolen = { jsonrpc: '2.0', id: asked['id'] as string, result: { roots: [{ uri: 'file:///stolen' }] } };
      expect((await post(other.caller, stolen)).status).toBe(202);
      expect((await post(one.caller, { ...stolen, id: 0 })).status).toBe(202);
      return POLITE(asked);
    });
    const told = await one.told('c', 'stdio__ask', { method: 'roots/list', params: {} });
    expect(told).toMatchObject({ result: { roots: [{ uri: 'file:///home/ann' }] } });
    const again = await post(one.caller, { jsonrpc: '2.0', id: one.asked[0]?.['id'] as string, result: { roots: [] } });
    expect(again.status).toBe(202);
  });

  it('may be told of on the way, where the server asked to be', async () => {
    const one = await client(ALL, async (asked) => {
      const token = ((asked['params'] as JsonObject)['_meta'] as JsonObject)['progressToken'] as string;
      expect(token).toBe(asked['id']);
      await one.notify('notifications/progress', { progressToken: token, progress: 1, total: 2 });
      await one.notify('notifications/progress', { progressToken: 'forged', progress: 9 });
      return POLITE(asked);
    });
    await one.told('c', 'stdio__ask', { method: 'sampling/createMessage', params: { ...SAMPLING, _meta: { progressToken: 77 } } });
    const heard = (await one.told('d', 'stdio__heard')) as unknown as readonly JsonObject[];
    expect(heard.filter((message) => message['method'] === 'notifications/progress')).toEqual([
      { jsonrpc: '2.0', method: 'notifications/progress', params: { progress: 1, total: 2, progressToken: 77 } },
    ]);
  });
});

describe('where a request of a server goes', () => {
  it('is the stream of its own call and no other, where the wire says which', async () => {
    const one = await client();
    await one.listen();
    const slow = one.call('slow', 'http__wait', { ms: 1500 });
    await Promise.all(['a', 'b'].map((id) => one.told(id, 'http__ask', { method: 'roots/list', params: {} })));
    await slow;
    expect(one.heard.map(({ stream }) => stream).sort()).toEqual(['a', 'b']);
  });

  it('is the standing stream, where several calls are open and the wire does not say which', async () => {
    const one = await client();
    await one.listen();
    const slow = one.call('slow', 'stdio__wait', { ms: 1500 });
    await one.told('a', 'stdio__ask', { method: 'roots/list', params: {} });
    await slow;
    expect(one.heard.map(({ stream }) => stream)).toEqual(['standing']);
  });

  it('is one stream only, however many are open', async () => {
    const one = await client();
    await one.listen();
    await one.listen();
    await one.told('a', 'http__ask', { method: 'roots/list', params: {} });
    expect(one.asked).toHaveLength(1);
  });

  it('is the client whose session it is, and never another of the same principal', async () => {
    const [one, other] = [await client(), await client()];
    await Promise.all([one.listen(), other.listen()]);
    await one.told('a', 'stdio__ask', { method: 'roots/list', params: {} });
    expect([one.asked.length, other.asked.length]).toEqual([1, 0]);
  });

  it('is reached before the first call is on its way: a server that asks as soon as it is initialized is answered', async () => {
    const one = await client();
    await one.call('a', 'eager__wait', { ms: 300 });
    expect(await one.told('b', 'eager__eager')).toMatchObject({ result: { roots: [{ uri: 'file:///home/ann' }] } });
  });
});

describe('a request of a server ends', () => {
  it('when the server takes it back: the client is told, an answer that comes later is dropped', async () => {
    let asked = '';
    const one = await client(ALL, async (message) => {
      asked = message['id'] as string;
      return null;
    });
    await one.listen();
    const told = one.told('a', 'stdio__ask_and_take_back', { method: 'roots/list', params: {} });
    await eventually(() => one.notified('notifications/cancelled').length === 1);
    await post(one.caller, { jsonrpc: '2.0', id: asked, result: { roots: [] } });
    expect(await told).toEqual({ answered: false });
    expect(one.notified('notifications/cancelled')[0]).toMatchObject({ params: { requestId: asked } });
    expect((await recordsOf('roots/list')).at(-1)).toMatchObject({ record: { kind: 'outcome', reason: 'gateway.cancelled' } });
  });

  it('with the call that it belongs to', async () => {
    const one = await client(ALL, () => null);
    expect(await one.told('a', 'stdio__ask_and_finish', { method: 'roots/list', params: {} })).toBe('finished');
    const heard = (await one.told('b', 'stdio__heard', { ms: 300 })) as unknown as readonly JsonObject[];
    expect(heard.at(-1)).toMatchObject({ error: { code: 49900 } });
  });

  it('when the client cancels the call', async () => {
    const one = await client(ALL, () => null);
    const called = one.call('a', 'stdio__ask', { method: 'roots/list', params: {} });
    await eventually(() => one.asked.length === 1);
    await one.notify('notifications/cancelled', { requestId: 'a' });
    expect(await called).toMatchObject({ error: { code: 49900 } });
    await expect.poll(async () => (await recordsOf('roots/list')).at(-1)).toMatchObject({ record: { reason: 'gateway.client_gone' } });
  });

  it('when the session of its client ends', async () => {
    const one = await client(ALL, () => null);
    const called = one.call('a', 'stdio__ask', { method: 'roots/list', params: {} });
    await eventually(() => one.asked.length === 1);
    await one.end();
    await called;
    await expect.poll(async () => (await recordsOf('roots/list')).at(-1)).toMatchObject({ record: { reason: 'gateway.client_gone' } });
  });

  it('at once where no stream of its client is open', async () => {
    const one = await client(ALL, () => null);
    const gone = new AbortController();
    const called = one.call('a', 'stdio__ask_and_finish', { method: 'roots/list', params: {} }, gone.signal).catch(() => null);
    gone.abort();
    await called;
    // A lost connection is no cancellation: the call goes on, and what it asks finds nobody.
    await expect.poll(async () => (await recordsOf('roots/list')).at(-1)).toMatchObject({ record: { reason: 'gateway.client_gone' } });
  });
});

describe('a server that asks without end', () => {
  it('is told so beyond a bound in one call, and goes on unharmed', async () => {
    const one = await client();
    const counts = await one.told('a', 'stdio__ask_many', { method: 'roots/list', params: {}, count: 200 });
    expect(counts).toEqual({ ok: 8, '42900': 192 });
    expect(one.asked).toHaveLength(8);
    expect(await one.told('b', 'stdio__ask', { method: 'roots/list', params: {} })).toHaveProperty('result');
  });

  it('asks one person 32 times in one call at most', async () => {
    const one = await client();
    const codes: unknown[] = [];
    one.respond = POLITE;
    const told = await one.told('a', 'stdio__ask_many', { method: 'elicitation/create', params: FORM, count: 8, times: 6 });
    codes.push(told);
    expect(one.asked.length).toBe(32);
  });

  it('is ended when it floods, and costs the journal no record for each', async () => {
    const one = await client({});
    const before = (await gateway.records('kind=refusal')).length;
    const told = await one.call('a', 'stdio__ask_many', { method: 'roots/list', params: {}, count: 20_000 });
    expect(told).toMatchObject({ result: { isError: true } });
    expect((await gateway.records('kind=refusal')).length - before).toBeLessThan(100);
    expect(await one.told('b', 'stdio__declared')).toEqual({});
  });
});

describe('a session of several clients', () => {
  it('declares no capability of any of them and serves no request', async () => {
    const one = await client();
    expect(await one.told('a', 'shared__declared')).toEqual({});
    expect(await one.told('b', 'shared__ask', { method: 'roots/list', params: {} })).toMatchObject({ error: { code: -32601 } });
    expect(one.heard).toEqual([]);
  });
});

const DECLARED: readonly (readonly [string, JsonObject, JsonObject])[] = [
  ['2025-11-25', ALL, ALL],
  ['2025-11-25', { sampling: { tools: {}, other: {} }, experimental: { x: {} }, tasks: {} }, { sampling: { tools: {} } }],
  ['2025-06-18', ALL, { sampling: {}, elicitation: {}, roots: { listChanged: true } }],
  ['2025-03-26', ALL, { sampling: {}, roots: { listChanged: true } }],
];

describe('a server learns of its client', () => {
  it.each(DECLARED)('in %s what it declared, as far as it is relayed', async (revision, declared, told) => {
    const one = await client(declared, POLITE, revision);
    expect(await one.told('a', 'stdio__declared')).toEqual(told);
  });

  it('new roots, from the session that declared them and to its own servers only', async () => {
    const [one, other] = [await client(), await client()];
    await Promise.all([one.told('a', 'stdio__declared'), other.told('a', 'stdio__declared')]);
    await one.notify('notifications/roots/list_changed');
    const isRoots = (message: JsonObject): boolean => message['method'] === 'notifications/roots/list_changed';
    const heardBy = async (client: AskedClient): Promise<number> =>
      ((await client.told('h', 'stdio__heard', { ms: 300 })) as unknown as readonly JsonObject[]).filter(isRoots).length;
    expect([await heardBy(one), await heardBy(other)]).toEqual([1, 0]);
  });
});

describe('an elicitation by URL', () => {
  const ask = { method: 'elicitation/create', params: url('https://example.com/sign-in?x=1') };

  it('reaches a client that declared it, and its end is told once, for the ids of this server and session only', async () => {
    const one = await client(ALL, () => ({ result: { action: 'accept' } }));
    await one.listen();
    expect(await one.told('a', 'stdio__ask', ask)).toMatchObject({ result: { action: 'accept' } });
    expect(one.asked[0]).toMatchObject({ params: ask.params });
    const other = await client();
    await other.listen();
    await other.told('x', 'stdio__complete', { elicitationId: 'e1' });
    await one.told('x', 'http__complete', { elicitationId: 'e1' });
    for (const id of ['e1', 'e1', 'e2']) await one.told(id, 'stdio__complete', { elicitationId: id });
    expect(one.notified('notifications/elicitation/complete')).toMatchObject([{ params: { elicitationId: 'e1' } }]);
    expect(other.notified('notifications/elicitation/complete')).toEqual([]);
  });
});
