import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { openEvents } from './event-stream.ts';
import { startTestGateway, type TestGateway, toolServer } from './running-gateway.ts';
import { type Caller, post, request, session, type Told } from './wire.ts';

let gateway: TestGateway;
let dir: string;
let caller: Caller;
let batching: Caller;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sallyport-batch-'));
  gateway = await startTestGateway({ servers: [toolServer('local', { callLog: join(dir, 'calls') })] });
  caller = { mcp: gateway.mcp, key: (await gateway.key({ name: 'caller', roles: ['writer'] })).text };
  batching = await session(caller, '2025-03-26');
});
afterAll(async () => {
  await gateway.stop();
  rmSync(dir, { recursive: true, force: true });
});

const echo = (id: unknown, text: string): JsonObject => request(id, 'tools/call', { name: 'local__echo', arguments: { text } });
const note = (method = 'notifications/cancelled'): JsonObject => ({ jsonrpc: '2.0', method, params: { requestId: 'nobody' } });
const answers = (told: Told): readonly JsonObject[] => JSON.parse(told.body) as readonly JsonObject[];
const byId = (told: Told): ReadonlyMap<unknown, JsonObject> => new Map(answers(told).map((one) => [one['id'], one]));
const calls = (text: string): number =>
  existsSync(join(dir, 'calls'))
    ? readFileSync(join(dir, 'calls'), 'utf8')
        .split('\n')
        .filter((line) => line.includes(text)).length
    : 0;

describe('a batch of 2025-03-26 [R4-27 partial: tasks, and rows of other transports]', () => {
  it('is answered with one array: each request by its id, notifications by nothing', async () => {
    const told = await post(batching, [
      echo('a', 'first'),
      note(),
      request(7, 'ping'),
      request('l', 'tools/list'),
      request('x', 'no/such/method'),
      echo('b', 'second'),
    ]);
    expect([told.status, told.headers.get('content-type')]).toEqual([200, 'application/json']);
    const found = byId(told);
    expect([...found.keys()].sort()).toEqual([7, 'a', 'b', 'l', 'x'].sort());
    expect(JSON.stringify(found.get('a'))).toContain('first');
    expect(found.get(7)?.['result']).toEqual({});
    expect(found.get('x')?.['error']).toMatchObject({ code: -32601 });
  });

  it('is an exchange, a decision and a record for each member, as if each had come alone', async () => {
    await post(batching, [
      echo(1, 'own one'),
      echo(2, 'own two'),
      request(3, 'tools/call', { name: 'local__destructive_0', arguments: {} }),
    ]);
    const records = (await gateway.records()).map((one) => one['record'] as JsonObject).slice(-5);
    const kinds = records.map((record) => String(record['kind'])).sort();
    expect(kinds).toEqual(['intent', 'intent', 'outcome', 'outcome', 'refusal']);
    const intents = records.filter((record) => record['kind'] === 'intent');
    expect(new Set(intents.map((record) => record['id'])).size).toBe(2);
    for (const intent of intents) {
      expect(intent['decision']).toMatchObject({ effect: 'allow' });
      expect((intent['guards'] as readonly JsonObject[]).map((one) => one['guard'])).toEqual([
        'limit-address',
        'door',
        'authenticate',
        'frame',
        'limit-rate',
        'resolve-target',
        'authorize',
        'limit-calls',
        'validate-arguments',
        'authorize-arguments',
      ]);
    }
  });

  it('refuses the member that policy refuses, hides what is hidden, and lets the others go on', async () => {
    const destructive = (id: string) => request(id, 'tools/call', { name: 'local__destructive_0', arguments: {} });
    const unknown = request('unknown', 'tools/call', { name: 'local__nothing', arguments: {} });
    const found = byId(await post(batching, [destructive('hidden'), echo('ok', 'beside a refusal'), unknown]));
    const shape = (one: JsonObject | undefined): string =>
      JSON.stringify(one)
        .replaceAll(/[0-9A-HJKMNP-TV-Z]{26}/g, 'REF')
        .replaceAll(/hidden|unknown/g, 'ID')
        .replaceAll(/local__\w+/g, 'NAME');
    expect(shape(found.get('hidden'))).toBe(shape(found.get('unknown')));
    expect(JSON.stringify(found.get('ok'))).toContain('beside a refusal');
    expect(calls('destructive_0')).toBe(0);
  });

  it('of notifications and answers alone gets 202 and no body', async () => {
    const told = await post(batching, [note(), note('notifications/initialized'), { jsonrpc: '2.0', id: 'none', result: {} }]);
    expect([told.status, told.body]).toEqual([202, '']);
  });

  it('answers a member that is no message, which has no id, beside the others', async () => {
    const told = await post(batching, [echo('fine', 'beside garbage'), 1, { jsonrpc: '1.0', id: 'bad', method: 'ping' }]);
    const ids = answers(told).map((one) => one['id']);
    expect(ids.sort()).toEqual(['bad', 'fine', null].sort());
    expect(answers(told).filter((one) => one['error'] !== undefined)).toHaveLength(2);
  });

  it('becomes one stream where a member reports progress, and holds every answer once', async () => {
    const slow = request('slow', 'tools/call', { name: 'local__progress', arguments: { n: 3 }, _meta: { progressToken: 'p' } });
    const told = await post(batching, [slow, echo('quick', 'on a stream'), request('p', 'ping')]);
    expect(told.headers.get('content-type')).toBe('text/event-stream');
    expect(told.notifications).toHaveLength(3);
    const ids = told.body.split('\n').flatMap((line) => /^data: .*"id":("\w+")/.exec(line)?.[1] ?? []);
    expect(ids.sort()).toEqual(['"p"', '"quick"', '"slow"']);
  });

  it('is taken up again where its connection broke', async () => {
    const slow = request('slow', 'tools/call', {
      name: 'local__progress',
      arguments: { n: 10, text: 'resumed batch' },
      _meta: { progressToken: 'p' },
    });
    const stream = await openEvents(batching, { body: [slow, echo('quick', 'resumed')] as never });
    const first = await stream.next();
    stream.drop();
    const rest = await (await openEvents(batching, { lastEventId: first?.id ?? '' })).rest();
    expect([first, ...rest].flatMap((event) => event?.message?.['id'] ?? []).sort()).toEqual(['quick', 'slow']);
    expect(calls('resumed batch')).toBe(1);
  });

  it('refuses a member whose id is being answered already', async () => {
    const slow = post(batching, request('taken', 'tools/call', { name: 'local__slow', arguments: { n: 1500 } }));
    await expect.poll(() => calls('"slow"'), { timeout: 10_000 }).toBeGreaterThan(0);
    const found = byId(await post(batching, [echo('taken', 'never'), echo('free', 'while another runs')]));
    expect(found.get('taken')?.['error']).toMatchObject({ code: -32600 });
    expect(JSON.stringify(found.get('free'))).toContain('while another runs');
    await slow;
  });

  it('is refused whole by a session of any later revision, and by one that is somebody else’s', async () => {
    for (const revision of ['2025-06-18', '2025-11-25']) {
      const told = await post(await session(caller, revision), [echo(1, 'later revision')]);
      expect([told.status, told.message?.['error']]).toMatchObject([400, { code: -32600 }]);
    }
    const stranger = await gateway.key({ name: 'stranger', roles: ['writer'] });
    expect((await post({ ...batching, key: stranger.text }, [echo(1, 'later revision')])).status).toBe(404);
    expect(calls('later revision')).toBe(0);
  });

  it('gives every request exactly one answer, whatever it is made of', async () => {
    const id = fc.oneof(fc.string({ minLength: 1, maxLength: 20 }), fc.integer());
    const member = fc.oneof(
      fc.record({ kind: fc.constant('call'), id }),
      fc.record({ kind: fc.constant('ping'), id }),
      fc.record({ kind: fc.constant('list'), id }),
      fc.record({ kind: fc.constant('unknown'), id }),
      fc.record({ kind: fc.constant('note'), id }),
    );
    const messageOf = (one: { kind: string; id: string | number }): JsonObject => {
      if (one.kind === 'call') return echo(one.id, 'property');
      if (one.kind === 'note') return note();
      return request(one.id, one.kind === 'list' ? 'tools/list' : one.kind === 'ping' ? 'ping' : 'no/such/method');
    };
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(member, { minLength: 1, maxLength: 20, selector: (one) => JSON.stringify(one.id) }),
        async (members) => {
          const told = await post(batching, members.map(messageOf));
          const asked = members.filter(({ kind }) => kind !== 'note').map((one) => JSON.stringify(one.id));
          if (asked.length === 0) expect([told.status, told.body]).toEqual([202, '']);
          else
            expect(
              answers(told)
                .map((one) => JSON.stringify(one['id']))
                .sort(),
            ).toEqual(asked.sort());
        },
      ),
      { numRuns: 40 },
    );
  });
});

/** The guide's rate for principals, and an address that is no limit besides. */
const WIDE_ADDRESS: JsonObject = {
  rate_limiting: { address_requests_per_minute: 100_000 },
  deviations: [
    {
      key: 'rate_limiting.address_requests_per_minute',
      value: 100_000,
      reason: 'the rate of a principal is tried alone',
      until: new Date(Date.now() + 86_400_000).toISOString().slice(0, 10),
    },
  ],
};

describe('the units of a batch', () => {
  it('are those of its members: 120 in a minute and no more, and whoever sends twenty over is told when to come back', async () => {
    const limited = await startTestGateway({ servers: [toolServer('local')], settings: WIDE_ADDRESS });
    try {
      const key = (await limited.key({ name: 'many', roles: ['writer'] })).text;
      const own = await session({ mcp: limited.mcp, key }, '2025-03-26');
      const twenty = (from: number) => Array.from({ length: 20 }, (_, i) => echo(from + i, 'unit'));
      const told: Told[] = [];
      for (let i = 0; i < 7; i++) told.push(await post(own, twenty(i * 20)));
      const passed = told.flatMap((one) => (one.body.startsWith('[') ? answers(one) : [])).filter((one) => one['result'] !== undefined);
      // `initialize` cost the first one.
      expect(passed.length).toBe(119);
      expect(told.at(-1)?.status).toBe(429);
      expect(Number(told.at(-1)?.headers.get('retry-after'))).toBeGreaterThan(0);
    } finally {
      await limited.stop();
    }
  });
});
