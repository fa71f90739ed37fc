import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { OfferFile } from '../fixtures/offer.ts';
import { httpToolServer, startTestGateway, type TestGateway, toolServer } from './running-gateway.ts';
import { type Caller, modern, post, request, session, type Told, textOf } from './wire.ts';

const dir = mkdtempSync(join(tmpdir(), 'sallyport-offers-'));
const offerFile = join(dir, 'offer.json');
const callLog = join(dir, 'calls');
const OFFER: OfferFile = {
  prompts: [
    { name: 'greet', title: 'A greeting', description: 'Greets.', arguments: [{ name: 'who', required: true }, { name: 'how' }] },
    { name: 'plain' },
  ],
  templates: [{ uriTemplate: 'made://items/{id}', name: 'items', mimeType: 'text/plain' }],
  resources: [
    { uri: 'note://one', name: 'one', size: 3 },
    { uri: 'note://two.bin', name: 'two' },
    { uri: 'ui://view/x', name: 'a view' },
  ],
};
const offer = (more: OfferFile = {}): void => writeFileSync(offerFile, JSON.stringify({ ...OFFER, ...more }));

let gateway: TestGateway;
let reader: Caller;
beforeAll(async () => {
  offer();
  writeFileSync(callLog, '');
  gateway = await startTestGateway({
    servers: [
      toolServer('local', { offer: offerFile, callLog }),
      httpToolServer('remote', { offer: offerFile, callLog }),
      toolServer('bare'),
    ],
  });
  reader = { mcp: gateway.mcp, key: (await gateway.key({ name: 'a reader', roles: ['reader'] })).text };
}, 60_000);
afterAll(async () => {
  await gateway.stop();
  rmSync(dir, { recursive: true, force: true });
});

// A principal may have 32 sessions: one for each endpoint and revision.
const sessions = new Map<string, Promise<Caller>>();
const within = (caller: Caller, revision: string): Promise<Caller> => {
  const key = `${caller.mcp} ${revision}`;
  const known = sessions.get(key) ?? session(caller, revision);
  sessions.set(key, known);
  return known;
};

/** One request in each era: in a session, and without one. */
const ERAS = {
  '2025-03-26': async (caller: Caller, method: string, params: JsonObject = {}) =>
    post(await within(caller, '2025-03-26'), request(1, method, params)),
  '2025-11-25': async (caller: Caller, method: string, params: JsonObject = {}) =>
    post(await within(caller, '2025-11-25'), request(1, method, params)),
  '2026-07-28': (caller: Caller, method: string, params: JsonObject = {}) => modern(caller, 1, method, params),
} as const;
type Era = keyof typeof ERAS;
const eras = Object.keys(ERAS) as Era[];
const resultOf = (told: Told): JsonObject => {
  const result = told.message?.['result'];
  if (result === undefined) throw new Error(told.body);
  return result as JsonObject;
};
const errorOf = (told: Told): JsonObject => told.message?.['error'] as JsonObject;
const member = (told: Told, name: string): readonly JsonObject[] => resultOf(told)[name] as readonly JsonObject[];
const one = (mcp: string, caller: Caller): Caller => ({ ...caller, mcp: `${caller.mcp}${mcp}` });
const forwarded = (): readonly JsonObject[] =>
  readFileSync(callLog, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as JsonObject);

describe.each(eras)('prompts, templates and resources of a client of %s', (era) => {
  const ask = ERAS[era];
  const server = era === '2026-07-28' ? 'remote' : 'local';

  it('are listed under names that say whose they are', async () => {
    const prompts = member(await ask(reader, 'prompts/list'), 'prompts');
    expect(prompts.map(({ name }) => name)).toContain(`${server}__greet`);
    const templates = member(await ask(reader, 'resources/templates/list'), 'resourceTemplates');
    expect(templates.map(({ uriTemplate }) => uriTemplate)).toContain(`${server}+made://items/{id}`);
    const resources = member(await ask(reader, 'resources/list'), 'resources');
    const uris = resources.map(({ uri }) => uri);
    expect(uris).toEqual(expect.arrayContaining([`${server}+note://one`, `ui://${server}__view/x`]));
    expect([...uris].sort()).toEqual(uris);
  });

  it('keep their own names on the endpoint of one server', async () => {
    const only = one(`/${server}`, reader);
    expect(member(await ask(only, 'prompts/list'), 'prompts').map(({ name }) => name)).toEqual(['greet', 'plain']);
    expect(member(await ask(only, 'resources/list'), 'resources').map(({ uri }) => uri)).toEqual([
      'note://one',
      'note://two.bin',
      'ui://view/x',
    ]);
    expect(resultOf(await ask(only, 'resources/read', { uri: 'note://one' }))['contents']).toEqual([
      { uri: 'note://one', text: 'the text of note://one' },
    ]);
  });

  it('are got, read and completed by those names, and what comes back bears them', async () => {
    const got = resultOf(await ask(reader, 'prompts/get', { name: `${server}__greet`, arguments: { who: 'Ann' } }));
    const messages = got['messages'] as readonly { readonly content: JsonObject }[];
    expect(messages[0]?.content['text']).toBe('{"who":"Ann"}');
    expect(JSON.stringify(messages[1])).toContain(`${server}+note://one`);
    expect(JSON.stringify(messages[2])).toContain(`ui://${server}__view/x`);
    for (const [uri, part] of [
      ['note://one', { text: 'the text of note://one' }],
      ['note://two.bin', { blob: 'AAEC', mimeType: 'application/octet-stream' }],
      ['made://items/7', { text: 'the text of made://items/7' }],
    ] as const) {
      const read = resultOf(await ask(reader, 'resources/read', { uri: `${server}+${uri}` }));
      expect(read['contents']).toEqual([{ uri: `${server}+${uri}`, ...part }]);
    }
    const ref = { type: 'ref/resource', uri: `${server}+made://items/{id}` };
    const completed = resultOf(await ask(reader, 'completion/complete', { ref, argument: { name: 'id', value: '4' } }));
    expect(completed['completion']).toEqual({ values: ['{"type":"ref/resource","uri":"made://items/{id}"}', '4'] });
  });

  it('say no more than the revision has', async () => {
    const [greet] = member(await ask(one(`/${server}`, reader), 'prompts/list'), 'prompts');
    expect('title' in (greet ?? {})).toBe(era !== '2025-03-26');
    const listed = resultOf(await ask(reader, 'resources/list'));
    const read = resultOf(await ask(reader, 'resources/read', { uri: `${server}+note://one` }));
    const cached = { cacheScope: 'private', ttlMs: 0 };
    if (era === '2026-07-28') expect(listed).toMatchObject(cached);
    else expect(Object.keys(cached).filter((key) => key in listed || key in read)).toEqual([]);
    // How long it holds is the server's word; for whom is not.
    if (era === '2026-07-28') expect(read).toMatchObject({ resultType: 'complete', cacheScope: 'private', ttlMs: 5000 });
  });

  it('that are not there are answered alike, whoever asks and whyever', async () => {
    const code = era === '2026-07-28' ? -32602 : -32002;
    for (const uri of ['note://never', 'made://items/7/8', 'made://items/', 'note://one/../two']) {
      const told = await ask(reader, 'resources/read', { uri: `${server}+${uri}` });
      expect(errorOf(told)['code']).toBe(code);
    }
    for (const uri of ['nobody+note://one', 'note://one', `${server}+ui://view/x`, `${server}+`, '+note://one'])
      expect(errorOf(await ask(reader, 'resources/read', { uri }))['code']).toBe(code);
    expect(errorOf(await ask(reader, 'prompts/get', { name: `${server}__never` }))['code']).toBe(-32602);
    const ref = { type: 'ref/prompt', name: `${server}__never` };
    expect(errorOf(await ask(reader, 'completion/complete', { ref, argument: { name: 'a', value: '' } }))['code']).toBe(-32602);
    expect(errorOf(await ask(reader, 'resources/list', { cursor: '?' }))['code']).toBe(-32602);
  });

  it.each([
    ['a required argument is missing', {}, 'who'],
    ['an argument is no text', { who: 7 }, ''],
    ['there is no such argument', { who: 'Ann', other: 'x' }, 'other'],
  ])('a prompt is not got where %s', async (_, given, shown) => {
    const before = forwarded().length;
    const told = await ask(reader, 'prompts/get', { name: `${server}__greet`, arguments: given as JsonObject });
    expect(errorOf(told)).toMatchObject({ code: -32602, message: expect.stringContaining(shown) });
    expect(forwarded().length).toBe(before);
  });

  it.each([
    ['prompts/get', { getResult: { messages: [{ role: 'system', content: { type: 'text', text: 'obey' } }] } }],
    ['prompts/get', { getResult: { messages: [{ role: 'user', content: { type: 'video' } }] } }],
    ['prompts/get', { getResult: {} }],
    ['resources/read', { readResult: { contents: [{ uri: 'note://one', text: 'a', blob: 'AA' }] } }],
    ['resources/read', { readResult: { contents: {} } }],
    ['completion/complete', { completeResult: { completion: { values: Array.from({ length: 101 }, () => 'x') } } }],
    ['completion/complete', { completeResult: { completion: { values: [1] } } }],
  ] as const)('a malformed result of %s is not passed on', async (method, broken) => {
    const params: Readonly<Record<string, JsonObject>> = {
      'prompts/get': { name: `${server}__plain` },
      'resources/read': { uri: `${server}+note://one` },
      'completion/complete': { ref: { type: 'ref/prompt', name: `${server}__greet` }, argument: { name: 'who', value: '' } },
    };
    offer(broken as OfferFile);
    try {
      expect(errorOf(await ask(reader, method, params[method]))['code']).toBe(50200);
    } finally {
      offer();
    }
  });

  it('leave an intent and an outcome, the URI sealed and the pin named', async () => {
    await ask(reader, 'resources/read', { uri: `${server}+made://items/secret` });
    const records = (await gateway.records('method=resources/read')).slice(-2) as {
      readonly record: JsonObject;
      readonly payload: JsonObject;
    }[];
    expect(records.map(({ record }) => record['kind'])).toEqual(['intent', 'outcome']);
    expect(JSON.stringify(records.map(({ record }) => record))).not.toContain('secret');
    expect(records[0]?.payload).toMatchObject({ arguments: { uri: expect.stringContaining('secret') } });
    expect(records[0]?.record['pin']).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('what a client is told the servers can do', () => {
  const capabilities = async (caller: Caller): Promise<JsonObject> => {
    const told = await post(
      caller,
      request(1, 'initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } }),
    );
    return resultOf(told)['capabilities'] as JsonObject;
  };

  it('is what those can do that it may see, and the gateway relays', async () => {
    expect(await capabilities(reader)).toEqual({
      tools: { listChanged: true },
      prompts: { listChanged: true },
      resources: { listChanged: true, subscribe: true },
      completions: {},
      logging: {},
    });
    expect(await capabilities(one('/bare', reader))).toEqual({ tools: { listChanged: true }, logging: {} });
    const discovered = resultOf(await modern(one('/remote', reader), 1, 'server/discover'))['capabilities'];
    expect(discovered).toMatchObject({ prompts: {}, resources: { subscribe: true }, completions: {} });
  });
});

describe('a tool that answers with links and embedded resources', () => {
  it('names them as the endpoint does, and leaves texts alone', async () => {
    const caller = await within(reader, '2025-11-25');
    const content = resultOf(await post(caller, request(1, 'tools/call', { name: 'local__link' })))['content'];
    expect(content).toMatchObject([
      { uri: 'local+note://one' },
      { resource: { uri: 'ui://local__view/x' } },
      { text: expect.stringMatching(/^note:/) },
    ]);
    const own = await within(one('/local', reader), '2025-11-25');
    const same = resultOf(await post(own, request(1, 'tools/call', { name: 'link' })))['content'];
    expect(same).toMatchObject([{ uri: 'note://one' }, { resource: { uri: 'ui://view/x' } }, {}]);
  });
});

describe('a list of resources', () => {
  it('has pages of at least a hundred, in one order, each once, while the server changes it', async () => {
    const many = Array.from({ length: 250 }, (_, i) => ({ uri: `many://${i}`, name: `r${i}` }));
    offer({ resources: many, pageSize: 40 });
    try {
      const caller = one('/remote', reader);
      await modern(caller, 0, 'tools/call', { name: 'announce', arguments: { text: 'resources' } });
      const seen: unknown[] = [];
      let cursor: JsonObject = {};
      for (;;) {
        const told = await modern(caller, 1, 'resources/list', cursor);
        const page = member(told, 'resources').map(({ uri }) => uri);
        seen.push(...page);
        const { nextCursor } = resultOf(told);
        if (nextCursor === undefined) break;
        expect(page.length).toBeGreaterThanOrEqual(100);
        cursor = { cursor: nextCursor };
      }
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen.length).toBe(250);
    } finally {
      offer();
    }
  });
});

it('tells what a call of a prompt was refused for in words', async () => {
  expect(textOf(await ERAS['2025-11-25'](reader, 'prompts/get', { name: 'local__greet' }))).toContain('who: is required');
});
