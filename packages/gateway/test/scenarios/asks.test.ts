import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { FORM, POLITE, SAMPLING } from './asked-client.ts';
import { ALL, AskingGateway, error, url } from './asking-gateway.ts';
import { post } from './wire.ts';

let asking: AskingGateway;
beforeAll(async () => {
  asking = await AskingGateway.start();
});
afterEach(() => asking.endClients());
afterAll(() => asking.stop(), 30_000);

const SERVERS = ['stdio', 'http'] as const;
const GOOD: readonly (readonly [string, JsonObject, JsonObject])[] = [
  ['sampling/createMessage', SAMPLING, { role: 'assistant', content: { type: 'text', text: 'sampled' }, model: 'a-model' }],
  ['elicitation/create', FORM, { action: 'accept', content: { name: 'Ann' } }],
  ['roots/list', {}, { roots: [{ uri: 'file:///home/ann', name: 'home' }] }],
];

describe.each(SERVERS)('a server over %s asks its client', (server) => {
  it.each(GOOD)('%s, on the stream of the call, under an id that is ours', async (method, params, result) => {
    const one = await asking.client();
    await one.listen();
    expect(await one.told('c', `${server}__ask`, { method, params })).toEqual({ jsonrpc: '2.0', id: 0, result });
    expect(one.heard).toHaveLength(1);
    expect(one.heard[0]).toMatchObject({ stream: 'c', message: { method, params } });
    expect(String(one.asked[0]?.['id'])).toMatch(/^[\w-]{17,}$/);
  });

  it('records what is asked before it is delivered, and the answer before the server reads it', async () => {
    const one = await asking.client();
    const before = (await asking.recordsOf('roots/list')).length;
    let recordedWhenAsked = 0;
    one.respond = async (asked) => {
      recordedWhenAsked = (await asking.recordsOf('roots/list')).length - before;
      return POLITE(asked);
    };
    await one.told('c', `${server}__ask`, { method: 'roots/list', params: {} });
    expect(recordedWhenAsked).toBe(1);
    const [intent, outcome] = (await asking.recordsOf('roots/list')).slice(before).map((one) => one['record'] as JsonObject);
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
    const one = await asking.client(declared);
    expect(await one.told('c', `${server}__ask`, { method, params })).toMatchObject(error(-32601, /did not offer it/));
    expect(one.heard).toEqual([]);
    expect((await asking.gateway.records('kind=refusal')).at(-1)).toMatchObject({
      record: { method, server, status: 'refused', reason: 'gateway.ask_not_offered' },
    });
  });

  it.each(INVALID)('%s', async (_name, method, params, says) => {
    const one = await asking.client();
    expect(await one.told('c', `${server}__ask`, { method, params })).toMatchObject(error(-32602, says));
    expect(one.heard).toEqual([]);
    expect((await asking.gateway.records('kind=refusal')).at(-1)).toMatchObject({ record: { method, server } });
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
    const one = await asking.client(ALL, () => ({ result }));
    expect(await one.told('c', 'stdio__ask', { method, params })).toMatchObject(error(50200, /does not fit what was asked/));
    expect((await asking.recordsOf(method)).at(-1)).toMatchObject({ record: { kind: 'outcome', reason: 'gateway.answer_invalid' } });
  });

  it('is nothing but the action when a person declined, whatever was filled in', async () => {
    const one = await asking.client(ALL, () => ({ result: { action: 'decline', content: { name: 'half a name' } } }));
    expect(await one.told('c', 'stdio__ask', { method: 'elicitation/create', params: FORM })).toMatchObject({
      result: { action: 'decline' },
    });
    expect(await one.told('d', 'stdio__ask', { method: 'elicitation/create', params: FORM })).not.toHaveProperty('result.content');
  });

  it('may be an error, which reaches the server as its code and words', async () => {
    const one = await asking.client(ALL, () => ({ error: { code: -1, message: 'User rejected', data: { more: 'x' } } }));
    const told = await one.told('c', 'stdio__ask', { method: 'sampling/createMessage', params: SAMPLING });
    expect(told['error']).toEqual({ code: -1, message: 'User rejected' });
    expect((await asking.recordsOf('sampling/createMessage')).at(-1)).toMatchObject({ record: { kind: 'outcome', status: 'error' } });
  });

  it('counts once: what comes twice, unasked, under another id or from another session is dropped with 202', async () => {
    const other = await asking.client();
    const one = await asking.client(ALL, async (asked) => {
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
    const one = await asking.client(ALL, async (asked) => {
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
