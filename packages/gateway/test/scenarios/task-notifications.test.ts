import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { done, startTelling, stateOf, type TellingServer } from '../fixtures/telling-server.ts';
import { FORM } from './asked-client.ts';
import { type Listening, listen } from './listening.ts';
import { FIXTURES, startTestGateway, type TestGateway } from './running-gateway.ts';
import { type Caller, modern, type Told } from './wire.ts';

const EXTENSION = { extensions: { 'io.modelcontextprotocol/tasks': {} } };
const effects = { run: 'read', must: 'read', never: 'read' };
const WAIT = { timeout: 20_000 };

let gateway: TestGateway;
let server: TellingServer;
let picky: TellingServer;
let mute: TellingServer;
let ann: Caller;
let bob: Caller;
const open: Listening[] = [];

beforeAll(async () => {
  [server, picky, mute] = await Promise.all([
    startTelling(),
    startTelling({ grants: (ids) => [...ids.slice(1), 'job-99'] }),
    startTelling({ listens: false }),
  ]);
  const http = (id: string, { url }: TellingServer): JsonObject => ({
    id,
    transport: { kind: 'streamable-http', url },
    effects: { run: 'read' },
  });
  const launch = { command: process.execPath, args: [join(FIXTURES, 'task-server-stdio.ts')] };
  gateway = await startTestGateway();
  const local = { id: 'local', transport: { kind: 'stdio', launch }, effects };
  for (const one of [http('tasks', server), http('picky', picky), http('mute', mute), local])
    expect(await gateway.admin('POST', '/servers', one)).toMatchObject({ status: 201 });
  ann = await callerOf({ name: 'ann' });
  bob = await callerOf({ name: 'bob' });
}, 60_000);
afterEach(() => {
  for (const one of open.splice(0)) one.end();
});
afterAll(async () => {
  await gateway.stop();
  await Promise.all([server, picky, mute].map((one) => one.close()));
}, 30_000);

async function callerOf(of: { readonly name: string; readonly [more: string]: unknown }): Promise<Caller> {
  return { mcp: gateway.mcp, key: (await gateway.key({ roles: ['writer'], ...of })).text };
}

let next = 0;
function ask(caller: Caller, method: string, params: JsonObject, declared: JsonObject = EXTENSION): Promise<Told> {
  const name = typeof params['taskId'] === 'string' ? { 'mcp-name': params['taskId'] } : {};
  return modern(caller, next++, method, { ...params, _meta: { 'io.modelcontextprotocol/clientCapabilities': declared } }, name);
}

interface Begun {
  /** Ours. */
  readonly id: string;
  /** The server's own. */
  readonly job: string;
}

function taskIn({ message, body }: Told): string {
  const result = message?.['result'] as JsonObject | undefined;
  if (typeof result?.['taskId'] !== 'string') throw new Error(`no task: ${body}`);
  return result['taskId'];
}

async function begin(caller: Caller = ann, of = 'tasks', at: TellingServer = server, args: JsonObject = {}): Promise<Begun> {
  const told = await ask(caller, 'tools/call', { name: `${of}__run`, arguments: args });
  return { id: taskIn(told), job: `job-${at.tasks.size}` };
}

async function hear(caller: Caller, taskIds: readonly string[], declared: JsonObject = EXTENSION, id = `l${next++}`): Promise<Listening> {
  const listening = await listen(caller, id, { taskIds }, declared);
  open.push(listening);
  await expect.poll(listening.methods, WAIT).toContain('notifications/subscriptions/acknowledged');
  return listening;
}

const granted = ({ heard }: Listening): unknown => (heard[0]?.['params'] as JsonObject | undefined)?.['notifications'];
const states = ({ heard }: Listening): readonly JsonObject[] =>
  heard.filter((one) => one['method'] === 'notifications/tasks').map((one) => one['params'] as JsonObject);
const statuses = (listening: Listening): readonly unknown[] => states(listening).map(({ status }) => status);
const recordsOf = async (query: string): Promise<readonly JsonObject[]> =>
  (await gateway.records(query)).map((row) => row['record'] as JsonObject).filter((record) => record['method'] === 'notifications/tasks');
const refusals = async (reason: string): Promise<number> =>
  (await recordsOf('kind=refusal')).filter((record) => record['reason'] === reason).reduce((sum, { count }) => sum + Number(count ?? 1), 0);

describe('a listener for its tasks (2026-07-28, SEP-2663)', () => {
  it('is told each state under its own id, the result with the last, tagged with its request', async () => {
    const { id, job } = await begin();
    const hers = await hear(ann, [id], EXTENSION, 'hers');
    expect(granted(hers)).toEqual({ taskIds: [id] });
    await expect.poll(() => statuses(hers), WAIT).toEqual(['working']);
    server.tell(job, done(7));
    await expect.poll(() => statuses(hers), WAIT).toEqual(['working', 'completed']);
    expect(states(hers)[1]).toEqual({
      ...stateOf(id, 'completed'),
      lastUpdatedAt: expect.any(String),
      ttlMs: 3_600_000,
      result: expect.objectContaining({ structuredContent: { n: 7 } }),
      _meta: { 'io.modelcontextprotocol/subscriptionId': 'hers' },
    });
    expect((await ask(ann, 'tasks/get', { taskId: id })).message).toMatchObject({ result: { status: 'completed' } });
  });

  it('has each in a durable record, with the decision that let it through and the exchange that began the task', async () => {
    const { id, job } = await begin();
    const hers = await hear(ann, [id]);
    server.tell(job, done(1));
    await expect.poll(() => statuses(hers), WAIT).toContain('completed');
    const begun = (await gateway.records('server=tasks&kind=intent')).at(-1)?.['record'] as JsonObject;
    const told = (await recordsOf('kind=answer')).slice(-states(hers).length);
    for (const record of told)
      expect(record).toMatchObject({ tool: 'run', status: 'ok', decision: { effect: 'allow' }, parent: begun['id'], pin: begun['pin'] });
    expect(told.at(-1)).toMatchObject({ resultBytes: expect.any(Number), resultDigest: expect.any(String) });
  });

  it('is told over stdio too, where one process tells several listeners', async () => {
    const mine = async (caller: Caller): Promise<string> => {
      return taskIn(await ask(caller, 'tools/call', { name: 'local__run', arguments: { ms: 1500 } }));
    };
    const [hers, his] = [await mine(ann), await mine(bob)];
    const [annHears, bobHears] = [await hear(ann, [hers]), await hear(bob, [his])];
    await expect.poll(() => statuses(annHears).at(-1), WAIT).toBe('completed');
    await expect.poll(() => statuses(bobHears).at(-1), WAIT).toBe('completed');
    expect(new Set(states(annHears).map(({ taskId }) => taskId))).toEqual(new Set([hers]));
    expect(states(bobHears).at(-1)).toMatchObject({ taskId: his, result: { structuredContent: { n: 2 } } });
  });

  it('is told at once of what was over before it listened, and again of what happened while the server was away', async () => {
    const [early, late] = [await begin(), await begin()];
    server.tell(early.job, done(1));
    const hers = await hear(ann, [early.id, late.id]);
    await expect.poll(() => states(hers).map(({ taskId, status }) => [taskId, status]), WAIT).toContainEqual([early.id, 'completed']);
    server.hangUp();
    server.tasks.set(late.job, { ...stateOf(late.job, 'completed'), ...done(2) });
    await expect.poll(() => states(hers).map(({ taskId, status }) => [taskId, status]), WAIT).toContainEqual([late.id, 'completed']);
  });

  it('is told of a result that is too large for a stream of news', async () => {
    const { id, job } = await begin();
    const hers = await hear(ann, [id]);
    server.tell(job, done(3, 'x'.repeat(400_000)));
    await expect.poll(() => statuses(hers).at(-1), WAIT).toBe('completed');
    expect(JSON.stringify(states(hers).at(-1)).length).toBeGreaterThan(400_000);
  });
});

describe('a listener that must not hear', () => {
  const NONE = { taskIds: [] };

  it('without the extension is refused as one who lacks a capability', async () => {
    const { id } = await begin();
    const told = await ask(ann, 'subscriptions/listen', { notifications: { taskIds: [id] } }, {});
    expect(told.status).toBe(400);
    expect(told.message).toMatchObject({ error: { code: -32021, data: { requiredCapabilities: EXTENSION } } });
  });

  it.each(['tasks/get', 'tasks/cancel', 'tasks/update'])('without the extension may not ask by %s either', async (method) => {
    const { id } = await begin();
    const told = await ask(ann, method, { taskId: id, ...(method === 'tasks/update' ? { inputResponses: {} } : {}) }, {});
    expect(told.message).toMatchObject({ error: { code: -32021, data: { requiredCapabilities: EXTENSION } } });
  });

  it.each([['one'], [{ 0: 'one' }], [[1]], [['']], [Array.from({ length: 65 }, () => 'one')]])(
    'with malformed ids (%#) is refused',
    async (taskIds) => {
      const told = await ask(ann, 'subscriptions/listen', { notifications: { taskIds } as JsonObject });
      expect(told.message).toMatchObject({ error: { code: -32602 } });
    },
  );

  it("learns of another's id, of the server's own and of an expired one what it learns of one that never was, and no server is asked", async () => {
    const { id, job } = await begin();
    const expired = await begin(bob, 'tasks', server, { ttl: 1 });
    const before = server.asked('subscriptions/listen');
    const answers: unknown[] = [];
    for (const one of [id, job, expired.id, 'x'.repeat(43)]) {
      const his = await hear(bob, [one], EXTENSION, 'same');
      answers.push(JSON.stringify(his.heard[0]));
      his.end();
    }
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toContain(JSON.stringify(NONE));
    expect(server.asked('subscriptions/listen')).toBe(before);
  });

  it("hears nothing of the other ids of the server that its own task's stream names", async () => {
    const [hers, his] = [await begin(), await begin(bob)];
    const bobHears = await hear(bob, [his.id]);
    await expect.poll(() => statuses(bobHears), WAIT).toEqual(['working']);
    const before = await refusals('gateway.unknown_task');
    server.tell(hers.job, done(9));
    server.tell(his.job, done(8));
    await expect.poll(() => statuses(bobHears), WAIT).toEqual(['working', 'completed']);
    expect(JSON.stringify(bobHears.heard)).not.toContain(hers.id);
    expect(JSON.stringify(bobHears.heard)).not.toContain(hers.job);
    expect(await refusals('gateway.unknown_task')).toBe(before + 1);
  });

  it('at the endpoint of another server is given nothing', async () => {
    const { id } = await begin();
    expect(granted(await hear({ ...ann, mcp: `${ann.mcp}/picky` }, [id]))).toEqual(NONE);
    expect(granted(await hear({ ...ann, mcp: `${ann.mcp}/tasks` }, [id]))).toEqual({ taskIds: [id] });
  });

  it('with a key that may listen and not get tasks is given nothing', async () => {
    const methods = ['tools/call', 'subscriptions/listen'];
    const narrow = await callerOf({ name: 'narrow', methods });
    const { id } = await begin(narrow);
    expect(granted(await hear(narrow, [id]))).toEqual(NONE);
  });

  it('hears nothing more once a policy forbids the tool, and that is recorded', async () => {
    const caller = await callerOf({ name: 'forbidden' });
    const { id, job } = await begin(caller);
    const listening = await hear(caller, [id]);
    await expect.poll(() => statuses(listening), WAIT).toEqual(['working']);
    const text = `@id("no-run") forbid (principal, action == Action::"call", resource == Tool::"tasks__run");`;
    expect(await gateway.admin('POST', '/policies', { text, replace: false })).toMatchObject({ status: 201 });
    try {
      const refused = async (): Promise<number> => (await recordsOf('kind=refusal')).length;
      const before = await refused();
      server.tell(job, done(1));
      await expect.poll(refused, WAIT).toBe(before + 1);
      expect((await recordsOf('kind=refusal')).at(-1)).toMatchObject({
        server: 'tasks',
        tool: 'run',
        reason: expect.stringMatching(/^(policy.denied|gateway.unknown_task)$/),
      });
      expect(statuses(listening)).toEqual(['working']);
    } finally {
      expect((await gateway.admin('DELETE', '/policies/no-run')).status).toBe(200);
    }
  });

  it('is cut off with its key', async () => {
    const made = await gateway.key({ name: 'gone', roles: ['writer'] });
    const caller = { mcp: gateway.mcp, key: made.text };
    const { id, job } = await begin(caller);
    const listening = await hear(caller, [id]);
    await expect.poll(() => server.listening().flat(), WAIT).toContain(job);
    expect((await gateway.admin('POST', `/keys/${made.id}/revoke`)).status).toBe(200);
    await expect.poll(() => server.listening().flat(), WAIT).not.toContain(job);
    expect(listening.heard.at(-1)).toMatchObject({ result: { resultType: 'complete' } });
  });
});

describe('a server that lies about tasks to who listens', () => {
  it('is told of for what it agreed to, and not for ids that nobody asked it', async () => {
    const [one, two] = [await begin(ann, 'picky', picky), await begin(ann, 'picky', picky)];
    expect(granted(await hear(ann, [one.id, two.id]))).toEqual({ taskIds: [two.id] });
  });

  it('that has no stream to tell on leaves its tasks out, and the client is not kept waiting for it', async () => {
    const [silent, told] = [await begin(ann, 'mute', mute), await begin()];
    expect(granted(await hear(ann, [silent.id, told.id]))).toEqual({ taskIds: [told.id] });
  });

  it.each([
    ['a result that its tool does not promise', done('seven')],
    ['a completed task without its result', { status: 'completed' }],
    ['a state that there is none of', { status: 'asleep' }],
    ['a state of no shape', { status: 'working', createdAt: 'today' }],
  ])('with %s is not passed on, and recorded', async (_name, state) => {
    const { id, job } = await begin();
    const hers = await hear(ann, [id]);
    await expect.poll(() => statuses(hers), WAIT).toEqual(['working']);
    const before = await refusals('registry.result_invalid');
    server.tell(job, state);
    await expect.poll(() => refusals('registry.result_invalid'), WAIT).toBeGreaterThan(before);
    expect(statuses(hers)).toEqual(['working']);
  });

  it('by going on after the end is not heard any more', async () => {
    const { id, job } = await begin();
    const hers = await hear(ann, [id]);
    server.tell(job, { status: 'cancelled' });
    await expect.poll(() => statuses(hers).at(-1), WAIT).toBe('cancelled');
    const before = await refusals('gateway.unknown_task');
    server.tell(job, done(1));
    await expect.poll(() => refusals('gateway.unknown_task'), WAIT).toBe(before + 1);
    expect(statuses(hers).at(-1)).toBe('cancelled');
  });

  it('with tasks that nobody asked for is recorded, and nobody hears of them', async () => {
    const { id } = await begin();
    const hers = await hear(ann, [id]);
    await expect.poll(() => statuses(hers), WAIT).toEqual(['working']);
    const before = await refusals('gateway.unknown_task');
    for (const taskId of ['job-1000', 7, null]) server.say({ ...stateOf('x', 'working'), taskId });
    await expect.poll(() => refusals('gateway.unknown_task'), WAIT).toBe(before + 3);
    expect(statuses(hers)).toEqual(['working']);
  });

  it('by a flood is passed on a few times and recorded, and the last state is still told', async () => {
    const { id, job } = await begin();
    const hers = await hear(ann, [id]);
    await expect.poll(() => statuses(hers), WAIT).toEqual(['working']);
    const began = performance.now();
    for (let i = 0; i < 3000; i++) server.tell(job, { status: 'working', statusMessage: `step ${i}` });
    server.tell(job, done(1));
    await expect.poll(() => statuses(hers).at(-1), WAIT).toBe('completed');
    const seconds = (performance.now() - began) / 1000;
    expect(states(hers).length).toBeLessThan(4 + seconds);
    const flood = (await recordsOf('kind=refusal')).filter(({ reason }) => reason === 'gateway.too_many_asks');
    expect(flood.length).toBeGreaterThan(0);
    expect(flood.length).toBeLessThanOrEqual(62);
  });

  it('with questions that this client did not declare is not passed on; declared, they are', async () => {
    const inputRequests = { who: { method: 'elicitation/create', params: FORM } };
    const { id, job } = await begin();
    const [without, with_] = [await hear(ann, [id]), await hear(ann, [id], { ...EXTENSION, elicitation: {} })];
    const before = await refusals('protocol.missing_capability');
    server.tell(job, { status: 'input_required', inputRequests });
    await expect.poll(() => states(with_).at(-1), WAIT).toMatchObject({ status: 'input_required', inputRequests });
    await expect.poll(() => refusals('protocol.missing_capability'), WAIT).toBeGreaterThan(before);
    expect(statuses(without)).not.toContain('input_required');
  });
});
