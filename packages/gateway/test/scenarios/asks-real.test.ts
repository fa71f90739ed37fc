import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { CreateMessageRequestSchema, ElicitRequestSchema, ListRootsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FIXTURES, startTestGateway, type TestGateway } from './running-gateway.ts';

const EVERYTHING = join(FIXTURES, '../../../../node_modules/@modelcontextprotocol/server-everything/dist/index.js');

let gateway: TestGateway;
let key = '';
const clients: Client[] = [];

beforeAll(async () => {
  const asking = ['trigger-sampling-request', 'trigger-elicitation-request', 'get-roots-list'];
  const launch = { command: process.execPath, args: [EVERYTHING, 'stdio'] };
  const effects = Object.fromEntries(asking.map((name) => [name, 'read']));
  gateway = await startTestGateway({ servers: [{ id: 'everything', transport: { kind: 'stdio', launch }, effects }] });
  key = (await gateway.key({ name: 'ann', roles: ['writer'] })).text;
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
});
afterAll(() => gateway.stop(), 30_000);

async function connect(capabilities: object): Promise<Client> {
  const client = new Client({ name: 'real', version: '1' }, { capabilities });
  clients.push(client);
  if ('sampling' in capabilities)
    client.setRequestHandler(CreateMessageRequestSchema, async () => ({
      role: 'assistant' as const,
      model: 'a-model',
      content: { type: 'text' as const, text: 'what a model says' },
    }));
  if ('elicitation' in capabilities) client.setRequestHandler(ElicitRequestSchema, async () => ({ action: 'decline' as const }));
  if ('roots' in capabilities) client.setRequestHandler(ListRootsRequestSchema, async () => ({ roots: [{ uri: 'file:///home/ann' }] }));
  const transport = new StreamableHTTPClientTransport(new URL(gateway.mcp), {
    requestInit: { headers: { authorization: `Bearer ${key}` } },
  });
  await client.connect(transport as Parameters<Client['connect']>[0]);
  return client;
}

const ASKING: readonly (readonly [string, string, object, object, RegExp])[] = [
  ['sampling', 'trigger-sampling-request', { sampling: {} }, { prompt: 'hello', maxTokens: 10 }, /what a model says/],
  ['elicitation', 'trigger-elicitation-request', { elicitation: {} }, {}, /declined/i],
  ['roots', 'get-roots-list', { roots: {} }, {}, /file:\/\/\/home\/ann/],
];

describe('server-everything behind the gateway, with the official client', () => {
  it.each(ASKING)(
    '%s: shows the tool that needs it to a client that declared just that, and asks it',
    async (_name, tool, declared, args, says) => {
      const client = await connect(declared);
      const names = (await client.listTools()).tools.map(({ name }) => name);
      const others = ASKING.map((row) => `everything__${row[1]}`).filter((name) => name !== `everything__${tool}`);
      expect(names).toContain(`everything__${tool}`);
      for (const other of others) expect(names).not.toContain(other);
      const told = await client.callTool({ name: `everything__${tool}`, arguments: args as Record<string, unknown> });
      expect(JSON.stringify(told)).toMatch(says);
    },
  );

  it('shows none of them to a client that declared nothing, and answers like for tools that are not there', async () => {
    const client = await connect({});
    const names = (await client.listTools()).tools.map(({ name }) => name);
    for (const [, tool] of ASKING) {
      expect(names).not.toContain(`everything__${tool}`);
      await expect(client.callTool({ name: `everything__${tool}`, arguments: {} })).rejects.toThrow(/Unknown tool/);
    }
  });
});
