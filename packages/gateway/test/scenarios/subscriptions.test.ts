import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { listen, standing } from './listening.ts';
import { httpToolServer, startTestGateway, type TestGateway, toolServer } from './running-gateway.ts';
import { type Caller, call, modern, post, request, session } from './wire.ts';

const dir = mkdtempSync(join(tmpdir(), 'sallyport-subscriptions-'));
const offerFile = join(dir, 'offer.json');

let gateway: TestGateway;
let ann: Caller;
let ben: Caller;
beforeAll(async () => {
  const resources = ['note://one', 'note://two', 'folder://a'].map((uri) => ({ uri, name: uri }));
  writeFileSync(offerFile, JSON.stringify({ resources, templates: [{ uriTemplate: 'made://{id}', name: 'made' }] }));
  gateway = await startTestGateway({
    servers: [
      toolServer('own', { offer: offerFile }),
      toolServer('shared', { offer: offerFile, more: { sharing: 'shared' } }),
      httpToolServer('http', { offer: offerFile }),
      toolServer('closed', { offer: offerFile, more: { resources: 'destructive' } }),
    ],
  });
  const key = async (name: string): Promise<Caller> => ({ mcp: gateway.mcp, key: (await gateway.key({ name, roles: ['reader'] })).text });
  ann = await key('ann');
  ben = await key('ben');
}, 60_000);
afterAll(async () => {
  await gateway.stop();
  rmSync(dir, { recursive: true, force: true });
});

const ask = async (inside: Caller, method: string, params: JsonObject): Promise<JsonObject> =>
  (await post(inside, request(`${method} ${JSON.stringify(params)}`, method, params))).message as JsonObject;
const subscribe = (inside: Caller, uri: string): Promise<JsonObject> => ask(inside, 'resources/subscribe', { uri });
const touch = (inside: Caller, server: string, uri: string) => call(inside, `touch ${server} ${uri}`, `${server}__touch`, { text: uri });

describe.each(['own', 'shared', 'http'])('a session that subscribes to a resource of the server %s', (server) => {
  it('hears of that resource, and of no other; and nobody else hears of it', async () => {
    const [hers, his] = [await session(ann), await session(ben)];
    const [annHears, benHears] = [await standing(hers), await standing(his)];
    expect(await subscribe(hers, `${server}+note://one`)).toMatchObject({ result: {} });
    expect(await subscribe(hers, `${server}+folder://a`)).toMatchObject({ result: {} });
    expect(await subscribe(his, `${server}+note://two`)).toMatchObject({ result: {} });
    for (const uri of ['note://one', 'note://two', 'note://three', 'folder://a/b', 'folder://ab']) await touch(hers, server, uri);
    await touch(his, server, 'note://two');
    await expect.poll(benHears.uris, { timeout: 10_000 }).toContain(`${server}+note://two`);
    await expect.poll(annHears.uris, { timeout: 10_000 }).toContain(`${server}+folder://a/b`);
    expect(new Set(annHears.uris())).toEqual(new Set([`${server}+note://one`, `${server}+folder://a/b`]));
    expect(new Set(benHears.uris())).toEqual(new Set([`${server}+note://two`]));
    await ask(hers, 'resources/unsubscribe', { uri: `${server}+note://one` });
    const before = annHears.uris().length;
    await touch(hers, server, 'note://one');
    await touch(hers, server, 'folder://a');
    await expect.poll(() => annHears.uris().slice(before), { timeout: 10_000 }).toEqual([`${server}+folder://a`]);
    annHears.end();
    benHears.end();
  });

  it('is told of what it may not read as of what is not there', async () => {
    const inside = await session(ann);
    const unknown = await subscribe(inside, `${server}+note://never`);
    const hidden = await subscribe(inside, 'closed+note://one');
    const blank = (told: JsonObject): string => JSON.stringify(told['error']).replaceAll(/[0-9A-Z]{26}|\w+\+[\w:/]+/g, '');
    expect(unknown).toMatchObject({ error: { code: -32002 } });
    expect(blank(hidden)).toBe(blank(unknown));
  });
});

it('hears that prompts and resources changed on its standing stream', async () => {
  const inside = await session(ann);
  const hears = await standing(inside);
  for (const list of ['prompts', 'resources']) await call(inside, list, 'own__announce', { text: list });
  for (const list of ['prompts', 'resources'])
    await expect.poll(hears.methods, { timeout: 10_000 }).toContain(`notifications/${list}/list_changed`);
  hears.end();
});

describe.each(['http', 'own'])('a listen stream of a stateless client on the server %s', (server) => {
  const touched = (caller: Caller, uri: string) => modern(caller, 1, 'tools/call', { name: `${server}__touch`, arguments: { text: uri } });

  it('acknowledges what it will tell of first, and tells of nothing else', async () => {
    const wanted = [
      `${server}+note://one`,
      `${server}+made://7`,
      `${server}+note://never`,
      'closed+note://one',
      'nobody+x:y',
      'note://one',
    ];
    const hers = await listen(ann, 'hers', { promptsListChanged: true, resourceSubscriptions: wanted });
    const his = await listen(ben, 7, { resourceSubscriptions: [`${server}+note://two`] });
    await expect.poll(() => hers.heard.length, { timeout: 10_000 }).toBeGreaterThan(0);
    await expect.poll(() => his.heard.length, { timeout: 10_000 }).toBeGreaterThan(0);
    expect(hers.heard[0]).toMatchObject({
      method: 'notifications/subscriptions/acknowledged',
      params: {
        notifications: { promptsListChanged: true, resourceSubscriptions: [`${server}+note://one`, `${server}+made://7`] },
        _meta: { 'io.modelcontextprotocol/subscriptionId': 'hers' },
      },
    });
    expect(JSON.stringify(hers.heard[0])).not.toContain('toolsListChanged');
    for (const uri of ['note://two', 'note://three', 'note://one', 'made://7', 'made://8']) await touched(ann, uri);
    await expect.poll(hers.uris, { timeout: 10_000 }).toContain(`${server}+made://7`);
    await expect.poll(his.uris, { timeout: 10_000 }).toContain(`${server}+note://two`);
    expect(new Set(hers.uris())).toEqual(new Set([`${server}+note://one`, `${server}+made://7`]));
    expect(new Set(his.uris())).toEqual(new Set([`${server}+note://two`]));
    expect(his.heard.every((one) => JSON.stringify(one).includes('"io.modelcontextprotocol/subscriptionId":7'))).toBe(true);
    hers.end();
    his.end();
  });

  it('tells of changed lists only where it was asked to', async () => {
    const [asked, not] = [await listen(ann, 1, { resourcesListChanged: true }), await listen(ann, 2, { toolsListChanged: true })];
    await expect.poll(() => asked.heard.length + not.heard.length, { timeout: 10_000 }).toBeGreaterThan(1);
    await modern(ann, 1, 'tools/call', { name: `${server}__announce`, arguments: { text: 'resources' } });
    await expect.poll(asked.methods, { timeout: 1500, interval: 50 }).toContain('notifications/resources/list_changed');
    expect(not.methods()).not.toContain('notifications/resources/list_changed');
    asked.end();
    not.end();
  });
});
