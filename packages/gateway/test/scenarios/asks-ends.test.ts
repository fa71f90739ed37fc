import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { eventually } from '../fixtures/upstreams.ts';
import { type AskedClient, FORM, POLITE } from './asked-client.ts';
import { ALL, AskingGateway, url } from './asking-gateway.ts';
import { post } from './wire.ts';

// Others run beside it.
const WAIT = { timeout: 15_000 };

let asking: AskingGateway;
beforeAll(async () => {
  asking = await AskingGateway.start();
});
afterEach(() => asking.endClients());
afterAll(() => asking.stop(), 30_000);

describe('where a request of a server goes', () => {
  it('is the stream of its own call and no other, where the wire says which', async () => {
    const one = await asking.client();
    await one.listen();
    const slow = one.call('slow', 'http__wait', { ms: 1500 });
    await Promise.all(['a', 'b'].map((id) => one.told(id, 'http__ask', { method: 'roots/list', params: {} })));
    await slow;
    expect(one.heard.map(({ stream }) => stream).sort()).toEqual(['a', 'b']);
  });

  it('is the standing stream, where several calls are open and the wire does not say which', async () => {
    const one = await asking.client();
    await one.listen();
    const slow = one.call('slow', 'stdio__wait', { ms: 1500 });
    await one.told('a', 'stdio__ask', { method: 'roots/list', params: {} });
    await slow;
    expect(one.heard.map(({ stream }) => stream)).toEqual(['standing']);
  });

  it('is one stream only, however many are open', async () => {
    const one = await asking.client();
    await one.listen();
    await one.listen();
    await one.told('a', 'http__ask', { method: 'roots/list', params: {} });
    expect(one.asked).toHaveLength(1);
  });

  it('is the client whose session it is, and never another of the same principal', async () => {
    const [one, other] = [await asking.client(), await asking.client()];
    await Promise.all([one.listen(), other.listen()]);
    await one.told('a', 'stdio__ask', { method: 'roots/list', params: {} });
    expect([one.asked.length, other.asked.length]).toEqual([1, 0]);
  });

  it('is reached before the first call is on its way: a server that asks as soon as it is initialized is answered', async () => {
    const one = await asking.client();
    await one.call('a', 'eager__wait', { ms: 300 });
    expect(await one.told('b', 'eager__eager')).toMatchObject({ result: { roots: [{ uri: 'file:///home/ann' }] } });
  });
});

describe('a request of a server ends', () => {
  it('when the server takes it back: the client is told, an answer that comes later is dropped', async () => {
    let asked = '';
    const one = await asking.client(ALL, async (message) => {
      asked = message['id'] as string;
      return null;
    });
    await one.listen();
    const told = one.told('a', 'stdio__ask_and_take_back', { method: 'roots/list', params: {} });
    await eventually(() => one.notified('notifications/cancelled').length === 1);
    await post(one.caller, { jsonrpc: '2.0', id: asked, result: { roots: [] } });
    expect(await told).toEqual({ answered: false });
    expect(one.notified('notifications/cancelled')[0]).toMatchObject({ params: { requestId: asked } });
    expect((await asking.recordsOf('roots/list')).at(-1)).toMatchObject({ record: { kind: 'outcome', reason: 'gateway.cancelled' } });
  });

  it('with the call that it belongs to', async () => {
    const one = await asking.client(ALL, () => null);
    expect(await one.told('a', 'stdio__ask_and_finish', { method: 'roots/list', params: {} })).toBe('finished');
    const heard = (await one.told('b', 'stdio__heard', { ms: 300 })) as unknown as readonly JsonObject[];
    expect(heard.at(-1)).toMatchObject({ error: { code: 49900 } });
  });

  it('when the client cancels the call', async () => {
    const one = await asking.client(ALL, () => null);
    const called = one.call('a', 'stdio__ask', { method: 'roots/list', params: {} });
    await eventually(() => one.asked.length === 1);
    await one.notify('notifications/cancelled', { requestId: 'a' });
    expect(await called).toMatchObject({ error: { code: 49900 } });
    await expect
      .poll(async () => (await asking.recordsOf('roots/list')).at(-1), WAIT)
      .toMatchObject({ record: { reason: 'gateway.client_gone' } });
  });

  it('when the session of its client ends', async () => {
    const one = await asking.client(ALL, () => null);
    const called = one.call('a', 'stdio__ask', { method: 'roots/list', params: {} });
    await eventually(() => one.asked.length === 1);
    await one.end();
    await called;
    await expect
      .poll(async () => (await asking.recordsOf('roots/list')).at(-1), WAIT)
      .toMatchObject({ record: { reason: 'gateway.client_gone' } });
  });

  it('at once where no stream of its client is open', async () => {
    const one = await asking.client(ALL, () => null);
    const before = (await asking.recordsOf('roots/list')).length;
    const gone = new AbortController();
    const called = one.call('a', 'stdio__ask_late', { method: 'roots/list', params: {} }, gone.signal).catch(() => null);
    setTimeout(() => gone.abort(), 200);
    await called;
    // A lost connection is no cancellation: the call goes on, and what it asks finds nobody.
    await expect
      .poll(async () => (await asking.recordsOf('roots/list')).slice(before), WAIT)
      .toMatchObject([{ record: { kind: 'intent' } }, { record: { kind: 'outcome', reason: 'gateway.client_gone' } }]);
  });
});

describe('a server that asks without end', () => {
  it('is told so beyond a bound in one call, and goes on unharmed', async () => {
    // Nobody answers before all was asked.
    const one = await asking.client(ALL, (message) => new Promise((resolve) => setTimeout(() => resolve(POLITE(message)), 4000)));
    const counts = await one.told('a', 'stdio__ask_many', { method: 'roots/list', params: {}, count: 200 });
    expect(counts).toEqual({ ok: 8, '42900': 192 });
    expect(one.asked).toHaveLength(8);
    one.respond = POLITE;
    expect(await one.told('b', 'stdio__ask', { method: 'roots/list', params: {} })).toHaveProperty('result');
  });

  it('asks one person 32 times in one call at most', async () => {
    const one = await asking.client();
    const told = await one.told('a', 'stdio__ask_many', { method: 'elicitation/create', params: FORM, count: 4, times: 12 });
    expect(told).toEqual({ ok: 32, '42900': 16 });
    expect(one.asked).toHaveLength(32);
  });

  it('is ended when it floods, and costs the journal no record for each', async () => {
    const one = await asking.client({});
    const before = (await asking.gateway.records('kind=refusal')).length;
    const told = await one.call('a', 'stdio__ask_many', { method: 'roots/list', params: {}, count: 20_000 });
    expect(told).toMatchObject({ result: { isError: true } });
    expect((await asking.gateway.records('kind=refusal')).length - before).toBeLessThan(100);
    // Its next call finds a new session, once the server has waited for having failed.
    await expect
      .poll(() => one.call(`b${Math.random()}`, 'stdio__declared'), { timeout: 20_000, interval: 500 })
      .toMatchObject({ result: { content: [{ text: '{}' }] } });
  });
});

describe('a session of several clients', () => {
  it('declares no capability of any of them and serves no request', async () => {
    const one = await asking.client();
    expect(await one.told('a', 'shared__declared')).toEqual({});
    expect(await one.told('b', 'shared__ask', { method: 'roots/list', params: {} })).toMatchObject({ error: { code: -32601 } });
    const recorded = (await asking.gateway.records('server=shared')).filter(
      ({ record }) => (record as JsonObject)['method'] === 'roots/list',
    );
    expect(recorded).toMatchObject([{ record: { kind: 'refusal', status: 'refused', reason: 'gateway.ask_not_offered' } }]);
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
    const one = await asking.client(declared, POLITE, revision);
    expect(await one.told('a', 'stdio__declared')).toEqual(told);
  });

  it('new roots, from the session that declared them and to its own servers only', async () => {
    const [one, other] = [await asking.client(), await asking.client()];
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
    const one = await asking.client(ALL, () => ({ result: { action: 'accept' } }));
    await one.listen();
    expect(await one.told('a', 'stdio__ask', ask)).toMatchObject({ result: { action: 'accept' } });
    expect(one.asked[0]).toMatchObject({ params: ask.params });
    const other = await asking.client();
    await other.listen();
    await other.told('x', 'stdio__complete', { elicitationId: 'e1' });
    await one.told('x', 'http__complete', { elicitationId: 'e1' });
    for (const id of ['e1', 'e1', 'e2']) await one.told(id, 'stdio__complete', { elicitationId: id });
    expect(one.notified('notifications/elicitation/complete')).toMatchObject([{ params: { elicitationId: 'e1' } }]);
    expect(other.notified('notifications/elicitation/complete')).toEqual([]);
  });
});

describe('an error that asks for a URL first', () => {
  const elicitation = (to: string): JsonObject => ({ ...url(to), elicitationId: 'r1' });
  const required = (...elicitations: JsonObject[]): JsonObject => ({ data: { elicitations, more: 'x' } });

  it('reaches a client that declared it with its URLs, and their end is told', async () => {
    const one = await asking.client();
    await one.listen();
    const told = await one.call('a', 'stdio__url_required', required(elicitation('https://example.com/')));
    const data = { elicitations: [elicitation('https://example.com/')], ref: expect.any(String) };
    expect(told['error']).toEqual({ code: -32042, message: 'Sign in first', data });
    await one.told('b', 'stdio__complete', { elicitationId: 'r1' });
    expect(one.notified('notifications/elicitation/complete')).toHaveLength(1);
  });

  it('reaches another as its code and words', async () => {
    const one = await asking.client({ elicitation: {} });
    const told = await one.call('a', 'stdio__url_required', required(elicitation('https://example.com/')));
    expect(told['error']).toEqual({ code: -32042, message: 'Sign in first', data: { ref: expect.any(String) } });
  });

  it.each([
    ['is not https', required(elicitation('http://example.com/')), /not plain https/],
    ['holds credentials', required(elicitation('https://a:b@example.com/')), /not plain https/],
    ['is missing', { data: {} }, /does not fit what this tool promises/],
    ['is a form', required(FORM), /does not fit what this tool promises/],
  ])('does not go on when its URL %s', async (_name, args, says) => {
    const one = await asking.client();
    expect(JSON.stringify(await one.call('a', 'stdio__url_required', args))).toMatch(says);
  });
});
