import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { AskedClient } from './asked-client.ts';
import { FIXTURES, startTestGateway, type TestGateway } from './running-gateway.ts';
import { type Caller, modern, post, request, session, type Told } from './wire.ts';

const REVISIONS = ['2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28'] as const;
type Revision = (typeof REVISIONS)[number];
const MODERN = '2026-07-28';

/** The table that people read. */
const PAGE = join(import.meta.dirname, '..', '..', '..', '..', 'docs', 'reference', 'revisions.md');
function documented(client: Revision, server: Revision): string {
  const rows = readFileSync(PAGE, 'utf8').split('\n').map(cellsOf);
  const head = rows.find((row) => row[0] === 'client \\ server') ?? [];
  const cell = rows.find((row) => row[0] === client)?.[head.indexOf(server)];
  if (cell === undefined) throw new Error(`the page says nothing of ${client} with ${server}`);
  return cell;
}
const cellsOf = (line: string): readonly string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

const PAIRS = REVISIONS.flatMap((client) => REVISIONS.map((server) => ({ client, server, says: documented(client, server) })));
const SUPPORTED = PAIRS.filter(({ says }) => says === 'yes');

const idOf = (revision: Revision): string => `only-${revision}`;
let gateway: TestGateway;
let writer: Caller;
beforeAll(async () => {
  gateway = await startTestGateway({
    servers: REVISIONS.map((revision) => ({
      id: idOf(revision),
      transport: {
        kind: 'stdio',
        launch: { command: process.execPath, args: [join(FIXTURES, 'revision-server-stdio.ts'), '--revision', revision] },
      },
      effects: { show: 'read', ask: 'read', batch: 'read', last: 'read' },
      prompts: 'read',
      templates: 'read',
      resources: 'read',
    })),
  });
  writer = { mcp: gateway.mcp, key: (await gateway.key({ name: 'a writer', roles: ['writer'] })).text };
}, 60_000);
afterAll(() => gateway.stop());

const at = (server: Revision): Caller => ({ ...writer, mcp: `${gateway.mcp}/${idOf(server)}` });

type Ask = (method: string, params?: JsonObject) => Promise<Told>;

/** A client of a revision at the endpoint of one server. */
async function clientOf(revision: Revision, caller: Caller): Promise<Ask> {
  if (revision === MODERN) return (method, params = {}) => modern(caller, method, method, params);
  const inside = await session(caller, revision);
  return (method, params = {}) => post(inside, request(method, method, params));
}

const resultOf = (told: Told): JsonObject => {
  const result = told.message?.['result'];
  if (result === undefined) throw new Error(`${told.status} ${told.body}`);
  return result as JsonObject;
};
const first = (list: unknown): JsonObject => (list as readonly JsonObject[])[0] as JsonObject;
const keysOf = (item: JsonObject): readonly string[] => Object.keys(item).sort();

/** Written from the schemas of the revisions, not from the gateway's tables. */
const KNOWN: Readonly<Record<Revision, { readonly tool: string; readonly prompt: string; readonly resource: string }>> = {
  '2025-03-26': {
    tool: 'annotations description inputSchema name',
    prompt: 'arguments description name',
    resource: 'annotations description mimeType name size uri',
  },
  '2025-06-18': {
    tool: '_meta annotations description inputSchema name outputSchema title',
    prompt: '_meta arguments description name title',
    resource: '_meta annotations description mimeType name size title uri',
  },
  '2025-11-25': {
    tool: '_meta annotations description execution icons inputSchema name outputSchema title',
    prompt: '_meta arguments description icons name title',
    resource: '_meta annotations description icons mimeType name size title uri',
  },
  '2026-07-28': {
    tool: '_meta annotations description icons inputSchema name outputSchema title',
    prompt: '_meta arguments description icons name title',
    resource: '_meta annotations description icons mimeType name size title uri',
  },
};

/** What both know of what the server sends: nothing of it is lost, and nothing else comes. */
const shared = (client: Revision, server: Revision, kind: 'tool' | 'prompt' | 'resource', sent: readonly string[]): readonly string[] =>
  sent.filter((key) => KNOWN[client][kind].split(' ').includes(key) && KNOWN[server][kind].split(' ').includes(key)).sort();

const older = (revision: Revision, than: Revision): boolean => revision < than;

describe.each(SUPPORTED)('a client of $client with a server of $server', ({ client, server }) => {
  let ask: Ask;
  beforeAll(async () => {
    ask = await clientOf(client, at(server));
  });

  it('lists with the fields that both know [R4-02]', async () => {
    const tool = first(resultOf(await ask('tools/list'))['tools']);
    expect(keysOf(tool)).toEqual(
      shared(client, server, 'tool', ['name', 'description', 'inputSchema', 'annotations', 'title', '_meta', 'icons', 'outputSchema']),
    );
    const prompt = first(resultOf(await ask('prompts/list'))['prompts']);
    expect(keysOf(prompt)).toEqual(shared(client, server, 'prompt', ['name', 'description', 'arguments', 'title', '_meta', 'icons']));
    const resource = first(resultOf(await ask('resources/list'))['resources']);
    expect(keysOf(resource)).toEqual(shared(client, server, 'resource', ['uri', 'name', 'mimeType', 'title', '_meta', 'icons']));
    for (const method of ['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list']) {
      const result = resultOf(await ask(method));
      expect('cacheScope' in result).toBe(client === MODERN);
      expect('resultType' in result).toBe(client === MODERN);
    }
  });

  it('calls, and gets what it can read of the result [R4-02]', async () => {
    const result = resultOf(await ask('tools/call', { name: 'show', arguments: {} }));
    const types = (result['content'] as readonly JsonObject[]).map((block) => block['type']);
    const link = older(server, '2025-06-18') ? [] : [older(client, '2025-06-18') ? 'text' : 'resource_link'];
    expect(types).toEqual(['text', 'image', 'audio', 'resource', ...link]);
    const structured = !older(client, '2025-06-18') && !older(server, '2025-06-18');
    expect(result['structuredContent']).toEqual(structured ? { n: 1 } : undefined);
    expect(result['resultType']).toBe(client === MODERN ? 'complete' : undefined);
    expect(result['isError'] ?? false).toBe(false);
  });

  it('gets a prompt, reads a resource and completes an argument [R4-02]', async () => {
    const message = first(resultOf(await ask('prompts/get', { name: 'greet', arguments: { who: 'you' } }))['messages']);
    const linked = older(server, '2025-06-18') ? 'resource' : older(client, '2025-06-18') ? 'text' : 'resource_link';
    expect((message['content'] as JsonObject)['type']).toBe(linked);
    const read = resultOf(await ask('resources/read', { uri: 'note://one' }));
    expect(first(read['contents'])).toEqual({ uri: 'note://one', mimeType: 'text/plain', text: 'one' });
    expect('ttlMs' in read).toBe(client === MODERN);
    const ref = { type: 'ref/prompt', name: 'greet' };
    const completed = await ask('completion/complete', {
      ref,
      argument: { name: 'who', value: 'a' },
      context: { arguments: { other: 'b' } },
    });
    expect(resultOf(completed)['completion']).toMatchObject({ values: ['a'] });
    const seen = first(resultOf(await ask('tools/call', { name: 'last', arguments: {} }))['content']);
    const known = !older(client, '2025-06-18') && !older(server, '2025-06-18');
    expect(JSON.parse(String(seen['text']))).toEqual({
      ref,
      argument: { name: 'who', value: 'a' },
      ...(known ? { context: { arguments: { other: 'b' } } } : {}),
    });
  });

  it('is answered where the server puts its answer and a message together [R4-02]', async () => {
    const result = resultOf(await ask('tools/call', { name: 'batch', arguments: {} }));
    expect(first(result['content'])['text']).toBe(server === '2025-03-26' ? 'answered together' : 'alone');
  });
});

// A stateless server asks in its answers, which the scenarios of rounds hold.
it.each(SUPPORTED.filter(({ client }) => client !== MODERN))(
  'a client of $client is asked by a server of $server what its revision knows, and the server is told where it does not [R4-02]',
  async ({ client, server }) => {
    const capabilities = { sampling: {}, elicitation: {} };
    const respond = (asked: JsonObject): JsonObject =>
      asked['method'] === 'elicitation/create'
        ? { result: { action: 'accept', content: { which: 'this' } } }
        : { result: { role: 'assistant', model: 'm', content: { type: 'text', text: 'this' } } };
    const asked = await AskedClient.begin(at(server), capabilities, respond, client);
    const told = await asked.told('call', 'ask');
    const elicits = !older(server, '2025-06-18');
    if (elicits && older(client, '2025-06-18')) {
      expect(told).toEqual({ refused: -32601 });
      expect(asked.asked).toEqual([]);
    } else {
      expect(asked.asked.map((one) => one['method'])).toEqual([elicits ? 'elicitation/create' : 'sampling/createMessage']);
      expect(JSON.stringify(told)).toContain('this');
    }
  },
);

describe('pairs of different eras', () => {
  const others = PAIRS.filter(({ says }) => says !== 'yes');

  it('are those that the page says [R4-02]', () => {
    expect(others.map(({ client, server }) => `${client} ${server}`)).toEqual(
      PAIRS.filter(({ client, server }) => (client === MODERN) !== (server === MODERN)).map(({ client, server }) => `${client} ${server}`),
    );
  });

  it.each(others)(
    '$client with $server gets the error that the page says, with what the server speaks [R4-02]',
    async ({ client, server, says }) => {
      const begin = { protocolVersion: client, capabilities: {}, clientInfo: { name: 'pair', version: '1' } };
      const told = client === MODERN ? await modern(at(server), 1, 'tools/list') : await post(at(server), request(1, 'initialize', begin));
      expect(told.message).toMatchObject({ id: 1, error: { code: Number(says), data: { requested: client } } });
      const error = told.message?.['error'] as { readonly data: { readonly supported: readonly string[] } };
      const { supported } = error.data;
      expect(supported).toContain(server);
      expect(supported).not.toContain(client);
      expect(told.status).toBe(client === MODERN ? 400 : 200);
      expect(told.headers.get('mcp-session-id')).toBeNull();
      expect((await gateway.records()).at(-1)).toMatchObject({ record: { kind: 'refusal', reason: 'gateway.other_era' } });
    },
  );
});
