import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { type Listening, listen } from '../scenarios/listening.ts';
import { toolServer } from '../scenarios/running-gateway.ts';
import { type Caller, modern, post, request, session, type Told, textOf } from '../scenarios/wire.ts';
import { type Era, read, type Seen, type Stand, startStand, type Use } from './hidden-stand.ts';

const REFUSED = ['refusal'];
const LISTED = ['resources/list 1'];
/** Hidden, and of the same length not there. */
const PAIRS = [
  ['that a hidden template makes', 'main+shut://1', 'main+shux://1'],
  ['that a policy hides, there', 'main+note://kept', 'main+note://kexx'],
  ['that a policy hides, not there', 'main+note://kept/1', 'main+note://kexx/1'],
] as const;

const subscribe = (uri: string): Use => ({ method: 'resources/subscribe', params: { uri }, name: uri });
const unsubscribe = (uri: string): Use => ({ method: 'resources/unsubscribe', params: { uri }, name: uri });
const USES: readonly (readonly [Era, string, (uri: string) => Use])[] = [
  ['modern', 'read', read],
  ['legacy', 'read', read],
  ['legacy', 'subscribed to', subscribe],
  ['legacy', 'unsubscribed from', unsubscribe],
];

let stand: Stand;
beforeAll(async () => {
  stand = await startStand();
  for (const era of ['modern', 'legacy'] as const) await stand.ask(read('main+note://never'), era);
}, 60_000);
afterAll(() => stand.stop());
// A call that is answered closes what circuits are left open, and keeps the server's session.
beforeEach(async () => {
  stand.advance(60_001);
  for (const era of ['modern', 'legacy'] as const) {
    expect((await stand.ask(read('main+note://one'), era)).told).toContain('contents');
    await stand.ask(read('main+note://never'), era);
  }
});
afterEach(() => stand.main.turn('answers'));

/** What differs, but for the reason that only the operator reads. */
const plain = ({ asked, told, records }: Seen): object => ({ asked, told, records });

describe.each(USES)('in the %s era a resource to be %s', (era, _, use) => {
  describe.each(PAIRS)('%s', (_what, hidden, unknown) => {
    it('is answered, looked for and recorded like one that is not there', async () => {
      for (const rest of [30_001, 1001, 0]) {
        stand.advance(rest);
        const one = await stand.ask(use(hidden), era);
        stand.advance(rest);
        const other = await stand.ask(use(unknown), era);
        expect(plain(one)).toEqual(plain(other));
        expect([one.asked, one.records, one.reason, other.reason]).toEqual([
          rest === 0 ? [] : LISTED,
          REFUSED,
          'gateway.hidden_resource',
          'gateway.unknown_resource',
        ]);
        expect(one.told).toContain('Resource not found: NAME');
      }
    });

    it('is answered like one that is not there while the server fails, until its circuit opens, while it is open, and half open', async () => {
      const told: Seen[][] = [];
      for (const uri of [hidden, unknown]) {
        stand.advance(30_001);
        stand.main.turn('refuses');
        const seen: Seen[] = [];
        // Five failures open the server's circuit, and after five seconds one is let through.
        for (let count = 0; count < 6; count++) seen.push(await stand.ask(use(uri), era));
        stand.main.turn('answers');
        stand.advance(5001);
        told.push([...seen, await stand.ask(use(uri), era)]);
        expect((await stand.ask(read('main+note://one'), era)).told).toContain('contents');
      }
      const [ones = [], others = []] = told;
      expect(ones.map(plain)).toEqual(others.map(plain));
      expect(ones.map(({ reason }) => reason)).toEqual([
        ...Array(5).fill('gateway.upstream_unavailable'),
        'gateway.circuit_open',
        'gateway.hidden_resource',
      ]);
      expect(ones.map(({ records }) => records)).toEqual(Array(7).fill(REFUSED));
      expect(ones.map(({ asked }) => asked)).toEqual([...Array(5).fill(LISTED), [], LISTED]);
    });

    it('is not answered before the server has told what it lists, like one that is not there', async () => {
      const told: Seen[] = [];
      for (const uri of [hidden, unknown]) {
        stand.advance(1001);
        const before = stand.asked('resources/list');
        stand.main.turn('holds');
        const asking = stand.ask(use(uri), era);
        await expect.poll(() => stand.asked('resources/list')).toBe(before + 1);
        expect(await Promise.race([asking, 'waits'])).toBe('waits');
        stand.main.turn('answers');
        told.push(await asking);
      }
      expect(plain(told[0] as Seen)).toEqual(plain(told[1] as Seen));
      expect(told[0]?.asked).toEqual(LISTED);
    });
  });
});

describe('a server that is too slow to tell what it lists', () => {
  it.each(['modern', 'legacy'] as const)(
    'is waited for as long, in the %s era, whether a resource is hidden or not there',
    async (era) => {
      stand.advance(1001);
      stand.main.turn('holds');
      const began = performance.now();
      const late = await Promise.all(
        PAIRS.flatMap(([, hidden, unknown]) => [hidden, unknown]).map(async (uri) => {
          const seen = await stand.ask(read(uri), era);
          return { told: seen.told, records: seen.records, reason: seen.reason };
        }),
      );
      expect(new Set(late.map((one) => JSON.stringify(one))).size).toBe(1);
      expect(late[0]).toMatchObject({ records: REFUSED, reason: 'gateway.upstream_timeout' });
      expect(performance.now() - began).toBeGreaterThan(9000);
    },
    30_000,
  );
});

it.each([
  ['is told so', ['resources/list', 'prompts/get'], /40300/],
  ['knows of no resource', ['prompts/get'], /Resource not found/],
])('asks no server for a key without the method, which %s whatever there is', async (_, methods, answer) => {
  const { text } = await stand.gateway.key({ name: `for ${methods.join(', ')}`, roles: ['reader'], methods });
  const before = stand.asked('resources/list');
  const answers = await Promise.all(
    [...PAIRS.flatMap(([, hidden, unknown]) => [hidden, unknown]), 'main+note://one'].map(async (uri) => {
      const told = await modern({ ...stand.caller, key: text }, 1, 'resources/read', { uri });
      return told.body.replaceAll(/[0-9A-Z]{26}/g, 'REF').replaceAll(uri, 'NAME');
    }),
  );
  expect([...new Set(answers)]).toHaveLength(1);
  expect(answers[0]).toMatch(answer);
  expect(stand.asked('resources/list')).toBe(before);
});

it('asks for what a session cancels no longer, and answers alike that it was cancelled', async () => {
  const inside = await session(stand.caller);
  const answers: string[] = [];
  for (const uri of ['main+note://kept', 'main+note://kexx']) {
    stand.advance(1001);
    const before = stand.asked('resources/list');
    stand.main.turn('holds');
    const asking = post(inside, request('gone', 'resources/read', { uri }));
    await expect.poll(() => stand.asked('resources/list')).toBe(before + 1);
    await post(inside, { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'gone' } });
    answers.push((await asking).body.replaceAll(/[0-9A-Z]{26}/g, 'REF'));
    stand.main.turn('answers');
  }
  expect(answers[0]).toBe(answers[1]);
  const [last] = (await stand.gateway.records('method=resources/read')).slice(-1);
  expect(last?.['record']).toMatchObject({ kind: 'refusal', reason: 'gateway.cancelled', server: 'main' });
});

it('looks for resources to listen to alike, and acknowledges none of them', async () => {
  const heard: JsonObject[] = [];
  for (const uri of PAIRS.flatMap(([, hidden, unknown]) => [hidden, unknown])) {
    stand.advance(1001);
    const before = stand.asked('resources/list');
    const stream: Listening = await listen(stand.caller, 'one', { resourceSubscriptions: [uri] });
    await expect.poll(() => stream.heard.length).toBe(1);
    heard.push({ asked: stand.asked('resources/list') - before, heard: stream.heard[0] ?? null });
    stream.end();
  }
  expect(new Set(heard.map((one) => JSON.stringify(one))).size).toBe(1);
  expect(heard[0]).toMatchObject({ asked: 1, heard: { params: { notifications: { resourceSubscriptions: [] } } } });
});

it('starts a server over stdio for the one as for the other', async () => {
  const { gateway } = stand;
  const made = await gateway.admin('POST', '/servers', toolServer('local', { tools: { read: 1, write: 0, destructive: 0 } }));
  expect(made.status).toBe(201);
  const answers: string[] = [];
  for (const uri of ['local+note://kept', 'local+note://kexx']) {
    const own: Caller = { ...stand.caller, key: (await gateway.key({ name: uri, roles: ['reader'] })).text };
    const inside = await session(own);
    const told: Told = await post(inside, request(1, 'resources/read', { uri }));
    answers.push(
      textOf(told)
        .replace(/[0-9A-Z]{26}/, 'REF')
        .replace(uri, 'NAME'),
    );
    const status = (await gateway.admin('GET', '/status')).body['servers'] as readonly JsonObject[];
    answers.push(String(status.find((one) => one['id'] === 'local')?.['state']));
  }
  expect(answers.slice(0, 2)).toEqual(answers.slice(2));
}, 30_000);
