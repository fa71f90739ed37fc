import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { AskedClient, FORM, POLITE, type Respond } from './asked-client.ts';
import { FIXTURES, startTestGateway, type TestGateway } from './running-gateway.ts';
import { type Caller, modern, request, type Told } from './wire.ts';

const EVERYTHING = join(FIXTURES, '../../../../node_modules/@modelcontextprotocol/server-everything/dist/index.js');
const RELATED = 'io.modelcontextprotocol/related-task';
const effects = { run: 'read', must: 'read', never: 'read' };

let gateway: TestGateway;
let ann: Caller;
let bob: Caller;
const clients: AskedClient[] = [];

beforeAll(async () => {
  const stdio = (file: string, ...args: string[]): JsonObject => ({
    kind: 'stdio',
    launch: { command: process.execPath, args: [file, ...args] },
  });
  const fixture = stdio(join(FIXTURES, 'task-server-stdio.ts'));
  gateway = await startTestGateway({
    servers: [
      { id: 'tasks', transport: fixture, effects },
      { id: 'other', transport: fixture, effects },
      { id: 'everything', transport: stdio(EVERYTHING, 'stdio'), effects: { 'simulate-research-query': 'read' } },
    ],
  });
  const keyOf = async (name: string): Promise<Caller> => ({ mcp: gateway.mcp, key: (await gateway.key({ name, roles: ['writer'] })).text });
  [ann, bob] = [await keyOf('ann'), await keyOf('bob')];
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.end()));
});
afterAll(() => gateway.stop(), 30_000);

async function client(
  caller = ann,
  capabilities: JsonObject = {},
  respond: Respond = POLITE,
  revision = '2025-11-25',
): Promise<AskedClient> {
  const begun = await AskedClient.begin(caller, capabilities, respond, revision);
  clients.push(begun);
  return begun;
}

let next = 0;
async function ask(one: AskedClient, method: string, params: JsonObject): Promise<JsonObject> {
  const id = `t${next++}`;
  return one.send(request(id, method, params), id);
}
const run = (one: AskedClient, args: JsonObject = {}, name = 'tasks__run', task: JsonObject = { ttl: 60_000 }): Promise<JsonObject> =>
  ask(one, 'tools/call', { name, arguments: args, task });
const taskIn = (answer: JsonObject): JsonObject => (answer['result'] as JsonObject)['task'] as JsonObject;
const idIn = (answer: JsonObject): string => String(taskIn(answer)['taskId']);
const UNKNOWN = { error: { code: -32602, message: expect.stringMatching(/^Unknown task \(ref /) } };

describe('a call that runs as a task (2025-11-25)', () => {
  it('is answered at once with an id of ours, and its result is fetched later like that of a call', async () => {
    const one = await client();
    const begun = await run(one, { ms: 300 });
    expect(taskIn(begun)).toMatchObject({ status: 'working', ttl: 3_600_000, pollInterval: 50 });
    expect(idIn(begun)).toMatch(/^[\w-]{43}$/);
    const got = await ask(one, 'tasks/get', { taskId: idIn(begun) });
    expect(got).toMatchObject({ result: { taskId: idIn(begun), status: expect.stringMatching(/working|completed/) } });
    const told = await ask(one, 'tasks/result', { taskId: idIn(begun) });
    expect(told).toMatchObject({ result: { structuredContent: { n: 2 }, _meta: { [RELATED]: { taskId: idIn(begun) } } } });
    expect(await ask(one, 'tasks/get', { taskId: idIn(begun) })).toMatchObject({ result: { status: 'completed' } });
  });

  it('is decided and recorded with every request about it', async () => {
    const one = await client();
    const begun = await run(one, { ms: 50 });
    await ask(one, 'tasks/get', { taskId: idIn(begun) });
    await ask(one, 'tasks/result', { taskId: idIn(begun) });
    const records = (await gateway.records('server=tasks')).slice(-6).map((row) => row['record'] as JsonObject);
    expect(records.map((row) => [row['kind'], row['method']])).toEqual([
      ['intent', 'tools/call'],
      ['outcome', 'tools/call'],
      ['intent', 'tasks/get'],
      ['outcome', 'tasks/get'],
      ['intent', 'tasks/result'],
      ['outcome', 'tasks/result'],
    ]);
    for (const intent of [records[2], records[4]])
      expect(intent).toMatchObject({ tool: 'run', decision: { effect: 'allow' }, parent: records[0]?.['id'] });
  });

  it('lists the caller its own tasks and cancels them', async () => {
    const [one, other] = [await client(), await client()];
    const ids = [idIn(await run(one)), idIn(await run(one))];
    await run(other);
    const listed = (await ask(one, 'tasks/list', {}))['result'] as JsonObject;
    expect((listed['tasks'] as readonly JsonObject[]).map((task) => task['taskId'])).toEqual(ids);
    expect(await ask(one, 'tasks/cancel', { taskId: ids[0] as string })).toMatchObject({ result: { status: 'cancelled', taskId: ids[0] } });
  });

  it('is told of by its server under our id, and only to the session that began it', async () => {
    const [one, other] = [await client(), await client()];
    await Promise.all([one.listen(), other.listen()]);
    await run(other);
    const begun = await run(one, { ms: 100, tell: '1' });
    await run(one, { ms: 100, tell: '77' });
    await expect.poll(() => one.notified('notifications/tasks/status').length, { timeout: 15_000 }).toBe(1);
    expect(one.notified('notifications/tasks/status')).toMatchObject([{ params: { taskId: idIn(begun), status: 'completed' } }]);
    expect(other.notified('notifications/tasks/status')).toEqual([]);
  });

  it.each([
    ['a tool that runs as none, as a task', 'tasks__never', { ttl: 1 }, /does not run as a task/],
    ['a tool that runs as nothing else, without', 'tasks__must', null, /as a task only/],
  ])('refuses %s', async (_name, name, task, says) => {
    const one = await client();
    const answer = await ask(one, 'tools/call', { name, arguments: {}, ...(task === null ? {} : { task }) });
    expect(answer).toMatchObject({ error: { code: -32601, message: expect.stringMatching(says) } });
  });

  it.each([[{ ttl: 'long' }], ['yes'], [{ ttl: -1 }]])('refuses the malformed wish %j', async (task) => {
    expect(await ask(await client(), 'tools/call', { name: 'tasks__run', arguments: {}, task })).toMatchObject({ error: { code: -32602 } });
  });

  it('is offered and listed in its revision only', async () => {
    const names = async (revision: string): Promise<string> =>
      JSON.stringify(await ask(await client(ann, {}, POLITE, revision), 'tools/list', {}));
    expect(await names('2025-11-25')).toContain('"taskSupport":"required"');
    const before = await names('2025-06-18');
    expect(before).not.toContain('tasks__must');
    expect(before).not.toContain('taskSupport');
    expect(await ask(await client(ann, {}, POLITE, '2025-06-18'), 'tasks/get', { taskId: 'x' })).toMatchObject({ error: { code: -32601 } });
  });
});

describe('an id of a task', () => {
  it.each([
    ['is unknown to another principal', async (id: string) => ask(await client(bob), 'tasks/get', { taskId: id })],
    ['is unknown to another session of the same principal', async (id: string) => ask(await client(), 'tasks/get', { taskId: id })],
    ["is not the server's own", async (_id: string, one: AskedClient) => ask(one, 'tasks/get', { taskId: '1' })],
    ['is not one that was never given', async (_id: string, one: AskedClient) => ask(one, 'tasks/get', { taskId: 'x'.repeat(43) })],
  ])('%s', async (_name, steal) => {
    const one = await client();
    expect(await steal(idIn(await run(one)), one)).toMatchObject(UNKNOWN);
    expect((await gateway.records('kind=refusal')).at(-1)).toMatchObject({ record: { reason: 'gateway.unknown_task' } });
  });

  it.each(['tasks/result', 'tasks/cancel'])('is unknown to another principal for %s too, and the task goes on', async (method) => {
    const one = await client();
    const id = idIn(await run(one));
    expect(await ask(await client(bob), method, { taskId: id })).toMatchObject(UNKNOWN);
    expect(await ask(one, 'tasks/get', { taskId: id })).toMatchObject({ result: { status: 'working' } });
  });

  it('ends with its time to live', async () => {
    const one = await client();
    const id = idIn(await run(one, { ttl: 300 }));
    await expect.poll(() => ask(one, 'tasks/get', { taskId: id }), { timeout: 10_000 }).toMatchObject(UNKNOWN);
  });

  it('is given to one caller 64 times at most', async () => {
    const one = await client(bob);
    for (let i = 0; i < 64; i++) await run(one);
    expect(JSON.stringify(await run(one))).toContain('Too many tasks');
    await one.end();
    expect(await run(await client(bob))).toHaveProperty('result.task');
  });
});

describe('a server that lies about tasks', () => {
  it.each([
    ['with a result instead of a task', { lie: 'no task' }],
    ['with a task of no shape', { lie: 'no shape' }],
  ])('%s is refused at the call', async (_name, args) => {
    expect(JSON.stringify(await run(await client(), args))).toContain('does not fit what this tool promises');
  });

  it('with a task that nobody wished for is refused', async () => {
    const one = await client();
    expect(JSON.stringify(await ask(one, 'tools/call', { name: 'tasks__run', arguments: { lie: 'task' } }))).toContain('does not fit');
  });

  it('with the state of another task is refused', async () => {
    const one = await client();
    const id = idIn(await run(one, { lie: 'other id' }));
    expect(JSON.stringify(await ask(one, 'tasks/get', { taskId: id }))).toContain('does not fit');
  });

  it('with a result that its tool does not promise is refused as in a call', async () => {
    const one = await client();
    const id = idIn(await run(one, { lie: 'bad result', ms: 10 }));
    expect(JSON.stringify(await ask(one, 'tasks/result', { taskId: id }))).toContain('does not fit');
  });
});

describe('the research of server-everything', () => {
  const research = (one: AskedClient, ambiguous: boolean): Promise<JsonObject> =>
    run(one, { topic: 'gates', ambiguous }, 'everything__simulate-research-query', { ttl: 600_000 });

  it('runs as a task, is polled, and its report is fetched', async () => {
    const one = await client();
    const id = idIn(await research(one, false));
    await expect
      .poll(async () => ((await ask(one, 'tasks/get', { taskId: id }))['result'] as JsonObject)['status'], {
        timeout: 30_000,
        interval: 300,
      })
      .toBe('completed');
    expect(JSON.stringify(await ask(one, 'tasks/result', { taskId: id }))).toContain('Research Report: gates');
  }, 60_000);

  it('asks its client on the way what it means, and names the task that it asks for', async () => {
    const one = await client(ann, { elicitation: {} }, () => ({ result: { action: 'accept', content: { interpretation: 'technical' } } }));
    const id = idIn(await research(one, true));
    const report = await ask(one, 'tasks/result', { taskId: id });
    expect(JSON.stringify(report)).toContain('technical');
    expect(one.asked).toMatchObject([{ method: 'elicitation/create', params: { _meta: { [RELATED]: { taskId: id } } } }]);
  }, 60_000);
});

const EXTENSION = { extensions: { 'io.modelcontextprotocol/tasks': {} } };

describe('a call that runs as a task (2026-07-28, extension)', () => {
  const tell = (caller: Caller, method: string, params: JsonObject, declared: JsonObject = EXTENSION): Promise<Told> => {
    const name = typeof params['taskId'] === 'string' ? { 'mcp-name': params['taskId'] } : {};
    return modern(caller, next++, method, { ...params, _meta: { 'io.modelcontextprotocol/clientCapabilities': declared } }, name);
  };
  const resultIn = (told: Told): JsonObject => told.message?.['result'] as JsonObject;
  const begin = async (args: JsonObject, declared: JsonObject = EXTENSION): Promise<string> =>
    String(resultIn(await tell(ann, 'tools/call', { name: 'tasks__run', arguments: args }, declared))['taskId']);

  it('is begun by its server, and its result comes with its state', async () => {
    const begun = resultIn(await tell(ann, 'tools/call', { name: 'tasks__run', arguments: { ms: 200 } }));
    expect(begun).toMatchObject({ resultType: 'task', status: 'working', ttlMs: 3_600_000, pollIntervalMs: 50 });
    const taskId = String(begun['taskId']);
    expect(taskId).toMatch(/^[\w-]{43}$/);
    await expect
      .poll(async () => resultIn(await tell(ann, 'tasks/get', { taskId })), { timeout: 10_000 })
      .toMatchObject({ resultType: 'complete', taskId, status: 'completed', result: { structuredContent: { n: 2 } } });
  });

  it('is not begun for who did not declare it', async () => {
    const told = await tell(ann, 'tools/call', { name: 'tasks__run', arguments: {} }, {});
    expect(told.status).toBe(400);
    expect(told.message).toMatchObject({ error: { code: -32021, data: { requiredCapabilities: EXTENSION } } });
  });

  it('is cancelled, and fails with its error and nothing besides', async () => {
    const taskId = await begin({});
    expect(resultIn(await tell(ann, 'tasks/cancel', { taskId }))).toEqual({ resultType: 'complete' });
    expect(resultIn(await tell(ann, 'tasks/get', { taskId }))).toMatchObject({ status: 'cancelled' });
    const failed = await begin({ status: 'failed' });
    expect(resultIn(await tell(ann, 'tasks/get', { taskId: failed }))['error']).toEqual({ code: -32000, message: 'it broke' });
  });

  it('is unknown to another principal, with another header than its id, and as the id of the server', async () => {
    const taskId = await begin({});
    expect((await tell(bob, 'tasks/get', { taskId })).message).toMatchObject(UNKNOWN);
    expect((await tell(ann, 'tasks/get', { taskId: '1' })).message).toMatchObject(UNKNOWN);
    const params = { taskId, _meta: { 'io.modelcontextprotocol/clientCapabilities': EXTENSION } };
    expect((await modern(ann, next++, 'tasks/get', params, { 'mcp-name': 'another' })).message).toMatchObject({ error: { code: -32020 } });
  });

  it('asks for input only what was declared, and takes answers that fit', async () => {
    const inputRequests = { who: { method: 'elicitation/create', params: FORM } };
    const declared = { ...EXTENSION, elicitation: {} };
    const taskId = await begin({ status: 'input_required', inputRequests }, declared);
    expect((await tell(ann, 'tasks/get', { taskId })).message).toMatchObject({ error: { code: -32021 } });
    expect(resultIn(await tell(ann, 'tasks/get', { taskId }, declared))).toMatchObject({ status: 'input_required', inputRequests });
    const wrong = { taskId, inputResponses: { who: { action: 'accept', content: { name: 7 } } } };
    expect((await tell(ann, 'tasks/update', wrong, declared)).message).toMatchObject({ error: { code: -32602 } });
    const inputResponses = { who: { action: 'accept', content: { name: 'Ann' } } };
    expect(resultIn(await tell(ann, 'tasks/update', { taskId, inputResponses }, declared))).toEqual({ resultType: 'complete' });
    expect(JSON.stringify(resultIn(await tell(ann, 'tasks/get', { taskId }, declared)))).toContain('Ann');
  });

  it('is lost with the process that ran it, and never taken for the task that has its id in the next one', async () => {
    const inOther = async (caller: Caller, args: JsonObject): Promise<JsonObject> =>
      resultIn(await tell(caller, 'tools/call', { name: 'other__run', arguments: args })) ?? {};
    const taskId = String((await inOther(ann, {}))['taskId']);
    await inOther(ann, { lie: 'alive' });
    let his = '';
    await expect
      .poll(
        async () => {
          his = String((await inOther(bob, {}))['taskId'] ?? '');
          return his;
        },
        { timeout: 20_000, interval: 500 },
      )
      .toMatch(/^[\w-]{43}$/);
    const lost = { error: { code: 50200, message: expect.stringMatching(/^What ran this task has ended/) } };
    for (const method of ['tasks/get', 'tasks/cancel']) expect((await tell(ann, method, { taskId })).message).toMatchObject(lost);
    expect(resultIn(await tell(bob, 'tasks/get', { taskId: his }))).toMatchObject({ status: 'working' });
  }, 40_000);

  it('has no tasks/list and no tasks/result', async () => {
    for (const method of ['tasks/list', 'tasks/result'])
      expect((await tell(ann, method, { taskId: 'x' })).message).toMatchObject({ error: { code: -32601 } });
  });
});
