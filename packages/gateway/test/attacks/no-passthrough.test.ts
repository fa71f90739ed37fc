import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { startTestGateway, type TestGateway } from '../scenarios/running-gateway.ts';
import { call, modern, session, textOf } from '../scenarios/wire.ts';

/** A server that takes whatever comes and keeps what it was sent: the witness of which credential went where. */
interface Witness {
  readonly server: Server;
  readonly url: string;
  readonly seen: { readonly headers: IncomingHttpHeaders; readonly body: string }[];
}

const CREDENTIALS = { one: 'Bearer credential-of-one', two: 'Bearer credential-of-two' } as const;

async function witness(): Promise<Witness> {
  const seen: Witness['seen'] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      seen.push({ headers: request.headers, body });
      const result = answerTo(body);
      response.writeHead(result === null ? 202 : 200, { 'content-type': 'application/json' });
      response.end(result ?? '');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`, seen };
}

function answerTo(body: string): string | null {
  if (body === '') return null;
  const { id, method, params } = JSON.parse(body) as { id?: unknown; method?: string; params?: JsonObject };
  if (id === undefined) return null;
  const results: Readonly<Record<string, unknown>> = {
    initialize: {
      protocolVersion: params?.['protocolVersion'],
      capabilities: { tools: {} },
      serverInfo: { name: 'witness', version: '1' },
    },
    'tools/list': { tools: [{ name: 'look', inputSchema: { type: 'object' } }] },
    'tools/call': { content: [{ type: 'text', text: 'looked' }] },
  };
  const result = results[String(method)];
  return JSON.stringify(
    result === undefined ? { jsonrpc: '2.0', id, error: { code: -32601, message: 'Method not found' } } : { jsonrpc: '2.0', id, result },
  );
}

let gateway: TestGateway;
let one: Witness;
let two: Witness;
const keys = { both: '', onlyOne: '' };

beforeAll(async () => {
  [one, two] = [await witness(), await witness()];
  gateway = await startTestGateway();
  for (const [id, { url }] of [
    ['one', one],
    ['two', two],
  ] as const) {
    const added = await gateway.admin('POST', '/servers', {
      id,
      transport: { kind: 'streamable-http', url, headers: { Authorization: CREDENTIALS[id] } },
      effects: { look: 'read' },
    });
    expect(added.status).toBe(201);
  }
  keys.both = (await gateway.key({ name: 'both', roles: ['reader'] })).text;
  keys.onlyOne = (await gateway.key({ name: 'only one', roles: ['reader'], scopes: [{ server: 'one', tool: '*' }] })).text;
}, 60_000);
afterAll(async () => {
  await gateway.stop();
  for (const { server } of [one, two]) {
    server.closeAllConnections();
    server.close();
  }
});

const credentialsAt = ({ seen }: Witness): ReadonlySet<string | undefined> => new Set(seen.map(({ headers }) => headers.authorization));

describe('a credential for one is no credential for another [R3-05 partial: an unknown client of a known user, since keys are the only credential]', () => {
  it('what a client proves itself by goes to no server, and each server gets its own and no other', async () => {
    const caller = { mcp: gateway.mcp, key: keys.both };
    const legacy = await session(caller);
    const meta = { authorization: `Bearer ${keys.both}`, 'io.example/token': keys.both };
    for (const name of ['one__look', 'two__look']) expect(textOf(await call(legacy, name, name, {}, meta))).toBe('looked');
    expect([...credentialsAt(one)]).toEqual([CREDENTIALS.one]);
    expect([...credentialsAt(two)]).toEqual([CREDENTIALS.two]);
    for (const { seen } of [one, two]) {
      expect(seen.length).toBeGreaterThan(0);
      for (const { headers, body } of seen) expect(JSON.stringify(headers) + body).not.toContain(keys.both);
    }
    for (const { headers, body } of two.seen) expect(JSON.stringify(headers) + body).not.toContain('credential-of-one');
  });

  it.each(['/mcp', '/mcp/two'])('a key for one server reaches no other by %s, whose tools are not there for it', async (path) => {
    const before = two.seen.length;
    const caller = { mcp: gateway.mcp.replace(/\/mcp$/, path), key: keys.onlyOne };
    const name = path === '/mcp' ? 'two__look' : 'look';
    const told = await modern(caller, 1, 'tools/call', { name, arguments: {} });
    expect([200, 404]).toContain(told.status);
    expect(told.body).not.toContain('looked');
    expect(two.seen.length).toBe(before);
  });

  it.each(Object.values(CREDENTIALS))('what the gateway proves itself by to a server is no key here: %s', async (credential) => {
    const answer = await fetch(gateway.mcp, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', authorization: credential },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
    });
    expect(answer.status).toBe(401);
  });

  it('a key that nobody issued, or was issued and ended, is denied whatever it is called with', async () => {
    const ended = await gateway.key({ name: 'ended', roles: ['reader'] });
    expect((await gateway.admin('POST', `/keys/${ended.id}/revoke`)).status).toBe(200);
    const before = one.seen.length;
    for (const key of [ended.text, `${keys.both}x`, 'sp_unknown'])
      expect((await modern({ mcp: gateway.mcp, key }, 1, 'tools/call', { name: 'one__look', arguments: {} })).status).toBe(401);
    expect(one.seen.length).toBe(before);
  });
});
