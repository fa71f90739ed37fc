import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { FORM, SAMPLING } from './asked-client.ts';
import { url } from './asking-gateway.ts';
import { FIXTURES, startTestGateway, type TestGateway } from './running-gateway.ts';
import { type Caller, modern, type Told } from './wire.ts';

const ALL: JsonObject = { sampling: { tools: {} }, elicitation: { form: {}, url: {} }, roots: {} };
const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';

let gateway: TestGateway;
let ann: Caller;
let bob: Caller;

beforeAll(async () => {
  const launch = { command: process.execPath, args: [join(FIXTURES, 'inquiring-server-stdio.ts')] };
  const effects = { inquire: 'read', endless: 'read', declared: 'read' };
  const more = { prompts: { inquire: 'read' }, resources: 'read' };
  gateway = await startTestGateway({ servers: ['a', 'b'].map((id) => ({ id, transport: { kind: 'stdio', launch }, effects, ...more })) });
  const keyOf = async (name: string): Promise<Caller> => ({ mcp: gateway.mcp, key: (await gateway.key({ name, roles: ['writer'] })).text });
  [ann, bob] = [await keyOf('ann'), await keyOf('bob')];
});
afterAll(() => gateway.stop(), 30_000);

let next = 0;
const ask = (params: JsonObject, { caller = ann, declared = ALL, method = 'tools/call' } = {}): Promise<Told> => {
  const name = typeof params['uri'] === 'string' ? { 'mcp-name': params['uri'] } : {};
  return modern(caller, next++, method, { ...params, _meta: { [CAPABILITIES]: declared } }, name);
};
const inquire = (needs: JsonObject, more: JsonObject = {}): JsonObject => ({ name: 'a__inquire', arguments: needs, ...more });
const resultOf = (told: Told): JsonObject => told.message?.['result'] as JsonObject;
const errorOf = (told: Told): JsonObject => told.message?.['error'] as JsonObject;
const echoed = (told: Told): JsonObject => {
  const content = resultOf(told)['content'] as readonly JsonObject[];
  return JSON.parse(String(content[0]?.['text'])) as JsonObject;
};

const WHO = { who: { method: 'elicitation/create', params: FORM } };
const ANSWERED = { who: { action: 'accept', content: { name: 'Ann' } } };
const STATE = 'state of the server';

async function begin(
  needs: JsonObject = { inputRequests: WHO, requestState: STATE },
): Promise<{ readonly needs: JsonObject; readonly handle: string }> {
  const told = await ask(inquire(needs));
  return { needs, handle: String(resultOf(told)['requestState']) };
}

describe('a server that needs input first', () => {
  it('asks its client in the result, whose state is ours and hides its own', async () => {
    const told = await ask(inquire({ inputRequests: WHO, requestState: STATE }));
    expect(told.status).toBe(200);
    expect(resultOf(told)).toEqual({ resultType: 'input_required', inputRequests: WHO, requestState: expect.any(String) });
    expect(Buffer.from(String(resultOf(told)['requestState']), 'base64url').toString('latin1')).not.toContain('state');
  });

  it('gets the answers and its own state back with the retried request', async () => {
    const { needs, handle } = await begin();
    const told = await ask(inquire(needs, { inputResponses: ANSWERED, requestState: handle }));
    expect(echoed(told)).toEqual({ inputResponses: ANSWERED, requestState: STATE });
  });

  it('gets no state where it gave none, and no answers where it asked for none', async () => {
    const asked = await begin({ inputRequests: WHO });
    const told = await ask(inquire(asked.needs, { inputResponses: ANSWERED, requestState: asked.handle }));
    expect(echoed(told)).toEqual({ inputResponses: ANSWERED });
    const stateful = await begin({ requestState: STATE });
    expect(echoed(await ask(inquire(stateful.needs, { requestState: stateful.handle })))).toEqual({ requestState: STATE });
  });

  it('is recorded: what was asked is sealed with the outcome, the retry is an exchange of its own with its parent', async () => {
    const { needs, handle } = await begin();
    await ask(inquire(needs, { inputResponses: ANSWERED, requestState: handle }));
    const [first, asked, second] = (await gateway.records('server=a')).slice(-4);
    const parent = ((first as JsonObject)['record'] as JsonObject)['id'];
    expect(asked).toMatchObject({ record: { kind: 'outcome', status: 'ok', id: parent }, payload: { asked: WHO } });
    expect(second).toMatchObject({ record: { kind: 'intent', parent }, payload: { inputResponses: ANSWERED } });
  });

  it.each([
    ['prompts/get', { name: 'a__inquire' }],
    ['resources/read', { uri: 'a+test:inquire' }],
  ])('does so for %s too', async (method, params) => {
    const first = await ask(params, { method });
    expect(resultOf(first)).toMatchObject({ resultType: 'input_required', inputRequests: { who: { method: 'elicitation/create' } } });
    const more = { inputResponses: ANSWERED, requestState: resultOf(first)['requestState'] as string };
    const told = await ask({ ...params, ...more }, { method });
    expect(JSON.stringify(resultOf(told))).toContain('state of the server');
  });

  it('may ask ten times for one request, and not once more', async () => {
    let told = await ask({ name: 'a__endless', arguments: {} });
    for (let round = 2; round <= 10; round++) {
      told = await ask({
        name: 'a__endless',
        arguments: {},
        inputResponses: ANSWERED,
        requestState: resultOf(told)['requestState'] as string,
      });
      expect(resultOf(told)['resultType']).toBe('input_required');
    }
    told = await ask({
      name: 'a__endless',
      arguments: {},
      inputResponses: ANSWERED,
      requestState: resultOf(told)['requestState'] as string,
    });
    expect(JSON.stringify(told.message)).toContain('too many times');
  });

  it('learns what its client declared, as far as it is relayed', async () => {
    const told = await ask({ name: 'a__declared', arguments: {} }, { declared: { ...ALL, experimental: { x: {} } } });
    expect(echoed(told)).toEqual(ALL);
  });
});

type Steal = (given: { readonly needs: JsonObject; readonly handle: string }) => Promise<Told>;
const answers = (requestState: string): JsonObject => ({ inputResponses: ANSWERED, requestState });

const STOLEN: readonly (readonly [string, Steal])[] = [
  ['by another principal', ({ needs, handle }) => ask(inquire(needs, answers(handle)), { caller: bob })],
  ['for other arguments', ({ handle }) => ask(inquire({ inputRequests: WHO, requestState: 'other' }, answers(handle)))],
  ['for another tool', ({ needs, handle }) => ask({ name: 'a__endless', arguments: needs, ...answers(handle) })],
  ['for the same tool of another server', ({ needs, handle }) => ask({ name: 'b__inquire', arguments: needs, ...answers(handle) })],
  ['for another method', ({ handle }) => ask({ name: 'a__inquire', ...answers(handle) }, { method: 'prompts/get' })],
  ['with a character more', ({ needs, handle }) => ask(inquire(needs, answers(`${handle}A`)))],
  ['with a byte changed', ({ needs, handle }) => ask(inquire(needs, answers(handle.replace(/.$/, (end) => (end === 'A' ? 'B' : 'A')))))],
  ['in another spelling of the same bytes', ({ needs, handle }) => ask(inquire(needs, answers(`${handle}=`)))],
  ['as the state of the server itself', ({ needs }) => ask(inquire(needs, answers(STATE)))],
  ['empty', ({ needs }) => ask(inquire(needs, answers('')))],
];

const WRONG: readonly (readonly [string, JsonObject])[] = [
  ['an answer to another kind of question', { who: { roots: [] } }],
  ['a form with the wrong type', { who: { action: 'accept', content: { name: 7 } } }],
  ['a form with more than was asked for', { who: { action: 'accept', content: { name: 'A', more: 'B' } } }],
  ['no object', { who: 12345 }],
];

const HOSTILE: readonly (readonly [string, JsonObject])[] = [
  ['nothing', {}],
  ['questions that are no object', { inputRequests: [] }],
  ['a question without a method', { inputRequests: { who: { params: {} } } }],
  ['a malformed form', { inputRequests: { who: { method: 'elicitation/create', params: { message: 'x' } } } }],
  ['17 questions', { inputRequests: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`q${i}`, WHO.who])) }],
  ['state that is no text', { requestState: 7 }],
  ['state of 100 KB', { requestState: 'x'.repeat(100_000) }],
];

describe('requestState opens for nothing but what it was given for', () => {
  it.each(STOLEN)('not %s', async (_name, steal) => {
    const told = await steal(await begin());
    expect(errorOf(told)).toMatchObject({ code: -32602, message: expect.stringMatching(/requestState is not known/) });
    expect((await gateway.records('kind=refusal')).at(-1)).toMatchObject({ record: { reason: 'gateway.round_unknown' } });
  });
});

describe('answers of a client', () => {
  it.each(WRONG)('do not reach the server when they are %s', async (_name, inputResponses) => {
    const { needs, handle } = await begin();
    const told = await ask(inquire(needs, { inputResponses, requestState: handle }));
    expect(errorOf(told)).toMatchObject({ code: -32602, message: expect.stringMatching(/inputResponses/) });
  });

  it('to what was not asked are left behind', async () => {
    const { needs, handle } = await begin();
    const told = await ask(inquire(needs, { inputResponses: { ...ANSWERED, more: { action: 'accept' } }, requestState: handle }));
    expect(echoed(told)).toEqual({ inputResponses: ANSWERED, requestState: STATE });
  });

  it('that nobody asked for yet reach the server where they are answers at all', async () => {
    expect(echoed(await ask(inquire({}, { inputResponses: ANSWERED })))).toEqual({ inputResponses: ANSWERED });
    expect(errorOf(await ask(inquire({}, { inputResponses: { who: 12345 } })))).toMatchObject({ code: -32602 });
    expect(errorOf(await ask(inquire({}, { inputResponses: null })))).toMatchObject({ code: -32602 });
  });
});

describe('questions of a server', () => {
  it('beyond what the client declared are refused with what is missing', async () => {
    const told = await ask(inquire({ inputRequests: WHO }), { declared: { sampling: {} } });
    expect(told.status).toBe(400);
    expect(errorOf(told)).toMatchObject({ code: -32021, data: { requiredCapabilities: { elicitation: { form: {} } } } });
  });

  it.each([
    [
      'for a password',
      {
        who: {
          method: 'elicitation/create',
          params: { message: 'x', requestedSchema: { type: 'object', properties: { password: { type: 'string' } } } },
        },
      },
      /must not ask for a password/,
    ],
    ['for a page without encryption', { who: { method: 'elicitation/create', params: url('http://example.com/') } }, /not plain https/],
    [
      'for the context of all servers',
      { who: { method: 'sampling/createMessage', params: { ...SAMPLING, includeContext: 'allServers' } } },
      /context of other servers/,
    ],
    ['that are none', { who: { method: 'secrets/list' } }, /./],
  ] as const)('%s do not reach the client', async (_name, inputRequests, says) => {
    const told = await ask(inquire({ inputRequests } as unknown as JsonObject));
    expect(JSON.stringify(told.message)).toMatch(says);
    expect(JSON.stringify(told.message)).not.toContain('input_required');
  });

  it.each(HOSTILE)('in the shape of %s do not reach the client', async (_name, needs) => {
    const told = await ask(inquire(needs));
    expect(JSON.stringify(told.message)).toContain('does not fit what this tool promises');
  });
});
