import { execFile } from 'node:child_process';
import { request as openRequest } from 'node:http';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { type GaugedServer, startGauged } from '../fixtures/gauged-server.ts';
import { AskedClient, POLITE } from './asked-client.ts';
import { FIXTURES, startTestGateway, type TestGateway } from './running-gateway.ts';
import { type Caller, modern, request, type Told, textOf } from './wire.ts';

let gateway: TestGateway;
let gauged: GaugedServer;
const people: Caller[] = [];
let ann: Caller;
let bob: Caller;

beforeAll(async () => {
  gauged = await startGauged();
  const launch = { command: process.execPath, args: [join(FIXTURES, 'task-server-stdio.ts')] };
  gateway = await startTestGateway({
    servers: [
      { id: 'gauged', transport: { kind: 'streamable-http', url: gauged.url }, effects: { wait: 'read', other: 'read' }, prompts: 'read' },
      { id: 'tasks', transport: { kind: 'stdio', launch }, effects: { run: 'read', must: 'read', never: 'read' } },
    ],
  });
  for (const name of ['ann', 'bob', 'eve']) people.push({ mcp: gateway.mcp, key: (await gateway.key({ name, roles: ['reader'] })).text });
  [ann, bob] = people as [Caller, Caller];
}, 60_000);
afterAll(async () => {
  await gateway.stop();
  gauged.stop();
});

const limit = (limits: JsonObject | null, id = 'gauged') => gateway.admin('POST', `/servers/${id}/limits`, { limits });
beforeEach(async () => {
  expect((await limit(null)).status).toBe(200);
  gauged.calls.clear();
  gauged.most = 0;
});

const wait = (caller: Caller, args: JsonObject = {}, name = 'wait'): Promise<Told> =>
  modern(caller, 1, 'tools/call', { name: `gauged__${name}`, arguments: args });
const isRefused = (told: Told): boolean => /at once/.test(textOf(told));
/** What Prometheus is told to be under way. */
async function underWay(server = 'gauged'): Promise<number> {
  const text = await (
    await fetch(`${gateway.running.adminUrl}/metrics`, { headers: { authorization: `Bearer ${await monitor()}` } })
  ).text();
  return Number(new RegExp(`^sallyport_server_calls_in_flight\\{server="${server}"\\} (\\d+)`, 'm').exec(text)?.[1]);
}
let monitorKey: Promise<string> | null = null;
const monitor = (): Promise<string> => {
  monitorKey ??= gateway.key({ name: 'monitor', roles: ['monitor'] }).then(({ text }) => text);
  return monitorKey;
};
const reasons = async (reason: string): Promise<readonly JsonObject[]> =>
  (await gateway.records()).map((one) => one['record'] as JsonObject).filter((record) => record['reason'] === reason);

describe('a limit on requests at once', () => {
  it('of a server is never exceeded, refuses by name with Retry-After, and is free again afterwards [R2-002 partial: limits of a server]', async () => {
    await limit({ inFlight: 3 });
    const before = (await reasons('gateway.too_many_calls')).length;
    const told = await Promise.all(Array.from({ length: 12 }, (_, i) => wait(people[i % 3] as Caller, { ms: 300 })));
    const refused = told.filter(isRefused);
    expect([refused.length, gauged.most, gauged.calls.get('wait')]).toEqual([9, 3, 3]);
    expect(refused[0]?.status).toBe(200);
    expect(refused[0]?.headers.get('retry-after')).toBe('1');
    expect(refused[0]?.message).toMatchObject({ result: { isError: true } });
    expect(textOf(refused[0] as Told)).toMatch(/^Too many requests at once\. This server takes 3 at once from all: .* \(ref \w{26}\)$/);
    const records = (await reasons('gateway.too_many_calls')).slice(before);
    expect(records).toHaveLength(9);
    expect(records[0]).toMatchObject({ kind: 'refusal', server: 'gauged', tool: 'wait', decision: { effect: 'allow' } });
    expect(await underWay()).toBe(0);
    expect(isRefused(await wait(ann))).toBe(false);
  });

  it('of one principal leaves the places of others, and of a tool those of other tools', async () => {
    await limit({ tools: { wait: { inFlightPerPrincipal: 1 } } });
    const [first, second, other, bobs] = await Promise.all([
      wait(ann, { ms: 300 }),
      wait(ann, { ms: 300 }),
      wait(ann, {}, 'other'),
      wait(bob, { ms: 300 }),
    ]);
    expect([first, second, other, bobs].map(isRefused).sort()).toEqual([false, false, false, true]);
    expect([other, bobs].map(isRefused)).toEqual([false, false]);
  });

  it('of a server holds for prompts too', async () => {
    await limit({ inFlight: 1 });
    const [told, prompt] = await Promise.all([
      wait(ann, { ms: 400 }),
      new Promise((resolve) => setTimeout(resolve, 150)).then(() => modern(bob, 2, 'prompts/get', { name: 'gauged__ask' })),
    ]);
    expect(isRefused(told)).toBe(false);
    expect(prompt.message).toMatchObject({ error: { code: 42904 } });
    expect((await modern(bob, 2, 'prompts/get', { name: 'gauged__ask' })).message).toHaveProperty('result');
  });

  it.each([
    ['an error of the server', { how: 'error' }],
    ['an answer that is none', { how: 'garbage' }],
    ['a connection that ends', { how: 'drop' }],
    ['arguments that do not fit', { nonsense: true }],
  ])('is given back after %s', async (_what, args: JsonObject) => {
    await limit({ inFlight: 1 });
    for (let i = 0; i < 2; i++) expect(isRefused(await wait(ann, args))).toBe(false);
    expect(textOf(await wait(ann))).toBe('done');
    expect(await underWay()).toBe(0);
  });

  it('is given back when the client is gone', async () => {
    await limit({ inFlight: 1 });
    const left = new AbortController();
    const gone = fetch(gateway.mcp, {
      method: 'POST',
      signal: left.signal,
      headers: {
        authorization: `Bearer ${ann.key}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'tools/call',
        'mcp-name': 'gauged__wait',
      },
      body: JSON.stringify(
        request(1, 'tools/call', {
          name: 'gauged__wait',
          arguments: { ms: 60_000 },
          _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} },
        }),
      ),
    }).catch(() => null);
    await expect.poll(() => underWay()).toBe(1);
    expect(isRefused(await wait(bob))).toBe(true);
    left.abort();
    await gone;
    await expect.poll(() => underWay()).toBe(0);
    expect(isRefused(await wait(bob))).toBe(false);
  });

  it('holds from the moment it is set for what began before, and ends when it is taken away', async () => {
    const running = wait(ann, { ms: 3000 });
    await expect.poll(() => underWay()).toBe(1);
    await limit({ inFlight: 1 });
    expect(isRefused(await wait(bob))).toBe(true);
    await limit(null);
    expect(isRefused(await wait(bob))).toBe(false);
    await running;
  });

  it('is not exceeded and nothing stays behind, whatever clients do, in whatever order', async () => {
    const act = fc.record({
      who: fc.integer({ min: 0, max: 2 }),
      ms: fc.integer({ min: 0, max: 60 }),
      how: fc.constantFrom('', '', 'error'),
      leaves: fc.option(fc.integer({ min: 0, max: 40 }), { nil: null }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 5, maxLength: 25 }), fc.integer({ min: 1, max: 4 }), async (acts, most) => {
        await limit({ inFlight: most });
        gauged.most = 0;
        await Promise.all(acts.map(({ who, ms, how, leaves }) => hurried(people[who] as Caller, { ms, how }, leaves)));
        expect(gauged.most).toBeLessThanOrEqual(most);
        await expect.poll(() => underWay(), { timeout: 5000 }).toBe(0);
      }),
      { numRuns: 12 },
    );
  }, 60_000);
});

/** A call whose client hangs up after `leaves` milliseconds. */
async function hurried(caller: Caller, args: JsonObject, leaves: number | null): Promise<void> {
  if (leaves === null) return void (await wait(caller, args));
  const body = JSON.stringify(
    request(1, 'tools/call', {
      name: 'gauged__wait',
      arguments: args,
      _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} },
    }),
  );
  await new Promise<void>((resolve) => {
    const sent = openRequest(gateway.mcp, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${caller.key}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'tools/call',
        'mcp-name': 'gauged__wait',
      },
    });
    sent.on('error', () => resolve());
    sent.on('response', (response) => {
      response.on('error', () => resolve());
      response.on('close', () => resolve());
      response.resume();
    });
    sent.end(body);
    setTimeout(() => sent.destroy(), leaves);
  });
}

describe('a limit on requests a minute', () => {
  it('of a tool refuses one principal beyond it, says when, and leaves other tools and principals alone [R2-052 part: of a tool]', async () => {
    await limit({ tools: { wait: { callsPerMinute: 3 } } });
    const told = [await wait(ann), await wait(ann), await wait(ann), await wait(ann)];
    expect(told.map((one) => textOf(one)).slice(0, 3)).toEqual(['done', 'done', 'done']);
    const refused = told[3] as Told;
    expect(textOf(refused)).toMatch(
      /^Too many requests within a minute\. This tool takes 3 a minute from one principal: try again in \d+ s\. \(ref \w{26}\)$/,
    );
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(50);
    expect(told[1]?.headers.get('ratelimit-policy')).toMatch(/^"principal";q=\d+;w=60, "tool";q=3;w=60$/);
    expect(told[1]?.headers.get('ratelimit')).toMatch(/^"principal";r=\d+;t=\d+, "tool";r=1;t=\d+$/);
    expect([gauged.calls.get('wait'), textOf(await wait(ann, {}, 'other')), textOf(await wait(bob))]).toEqual([3, 'done', 'done']);
    expect((await reasons('gateway.calls_rate_limited')).at(-1)).toMatchObject({ kind: 'refusal', tool: 'wait' });
  });

  it('of a server counts all that goes to it, and what its tool refuses spends nothing of it', async () => {
    await limit({ callsPerMinute: 4, tools: { wait: { callsPerMinute: 1 } } });
    const told = [await wait(ann), await wait(ann), await wait(ann)];
    expect(told.map((one) => /This tool takes 1/.test(textOf(one)))).toEqual([false, true, true]);
    for (let i = 0; i < 3; i++) expect(textOf(await wait(ann, {}, 'other'))).toBe('done');
    expect(textOf(await wait(ann, {}, 'other'))).toMatch(/This server takes 4 a minute/);
    expect((await modern(ann, 2, 'prompts/get', { name: 'gauged__ask' })).message).toMatchObject({ error: { code: 42903 } });
    expect(await underWay()).toBe(0);
  });
});

describe('a task', () => {
  it('keeps the place of the call that began it until it is over, cancelled, or its session ends', async () => {
    await limit({ tools: { run: { inFlight: 1 } } }, 'tasks');
    const one = await AskedClient.begin(ann, {}, POLITE, '2025-11-25');
    const other = await AskedClient.begin(bob, {}, POLITE, '2025-11-25');
    let n = 0;
    const run = (client: AskedClient, ms: number): Promise<JsonObject> => {
      const id = `r${n++}`;
      return client.send(request(id, 'tools/call', { name: 'tasks__run', arguments: { ms }, task: { ttl: 60_000 } }), id);
    };
    const about = (client: AskedClient, method: string, taskId: unknown): Promise<JsonObject> => {
      const id = `a${n++}`;
      return client.send(request(id, method, { taskId } as JsonObject), id);
    };
    const idOf = (answer: JsonObject): unknown => ((answer['result'] as JsonObject)['task'] as JsonObject | undefined)?.['taskId'];
    const first = await run(one, 200);
    expect(idOf(first)).toBeTypeOf('string');
    expect(JSON.stringify(await run(other, 0))).toContain('at once');
    expect(JSON.stringify(await run(one, 0))).toContain('at once');
    await about(one, 'tasks/result', idOf(first));
    const second = await run(other, 60_000);
    expect(idOf(second)).toBeTypeOf('string');
    expect(await underWay('tasks')).toBe(1);
    await about(other, 'tasks/cancel', idOf(second));
    const third = await run(one, 60_000);
    expect(idOf(third)).toBeTypeOf('string');
    expect(JSON.stringify(await run(other, 0))).toContain('at once');
    await one.end();
    await expect.poll(() => underWay('tasks')).toBe(0);
    expect(idOf(await run(other, 50))).toBeTypeOf('string');
    await other.end();
  }, 30_000);
});

const ENTRY = join(import.meta.dirname, '../../src/cli/sallyport.ts');
const run = (...args: readonly string[]): Promise<{ readonly code: number; readonly out: string }> =>
  new Promise((resolve) => {
    const reach = ['--url', gateway.running.adminUrl, '--key-file', gateway.running.adminKeyFile];
    const child = execFile(process.execPath, [ENTRY, ...reach, ...args], { timeout: 30_000 }, (_error, out) =>
      resolve({ code: child.exitCode ?? -1, out }),
    );
  });

describe('limits over the API', () => {
  it('are shown, and recorded before and after', async () => {
    const limits = { callsPerMinute: 7, inFlight: null, inFlightPerPrincipal: 2, tools: { wait: { callsPerMinute: 3 } } };
    const set = await limit(limits);
    const none = { inFlight: null, inFlightPerPrincipal: null };
    const whole = { ...limits, tools: { wait: { callsPerMinute: 3, ...none } } };
    expect([set.status, set.body['limits']]).toEqual([200, whole]);
    expect((await gateway.admin('GET', '/servers/gauged')).body['limits']).toEqual(whole);
    const records = (await gateway.records()).filter((one) => (one['record'] as JsonObject)['action'] === 'registry.server.limited');
    expect(records.at(-1)?.['payload']).toMatchObject({ before: null, after: whole });
  });

  it.each([
    ['a tool that the server does not offer', { tools: { nothing: { inFlight: 1 } } }],
    ['nought', { inFlight: 0 }],
    ['half a call', { callsPerMinute: 0.5 }],
    ['more of one principal than there can be', { inFlightPerPrincipal: 33 }],
    ['a key that there is not', { perHour: 3 }],
  ])('are refused with %s, and nothing changes', async (_what, limits: JsonObject) => {
    expect((await limit(limits)).status).toBe(400);
    expect((await gateway.admin('GET', '/servers/gauged')).body['limits']).toBeNull();
  });

  it('are changed and shown by commands, which leave alone what their flags do not name', async () => {
    expect((await run('servers', 'limit', 'gauged', '--in-flight', '4', '--calls-per-minute', '50')).code).toBe(0);
    const one = await run('servers', 'limit', 'gauged', '--tool', 'wait', '--in-flight-per-principal', '1');
    expect(one.out).toBe('gauged: 50 a minute per principal · 4 at once\ngauged__wait: 1 at once per principal\n');
    expect((await run('servers', 'show', 'gauged')).out).toContain('gauged__wait: 1 at once per principal');
    await run('servers', 'limit', 'gauged', '--in-flight', 'none', '--calls-per-minute', 'none');
    const last = await run('servers', 'limit', 'gauged', '--tool', 'wait', '--in-flight-per-principal', 'none');
    expect(last.out).toContain('no limits of its own');
    expect((await gateway.admin('GET', '/servers/gauged')).body['limits']).toBeNull();
    expect((await run('servers', 'limit', 'gauged', '--in-flight', '-3')).code).toBe(2);
    expect((await run('servers', 'limit', 'gauged')).code).toBe(2);
  }, 60_000);

  it('of a server that there is not are refused', async () => {
    expect((await limit({ inFlight: 1 }, 'nothing')).status).toBe(404);
  });
});
