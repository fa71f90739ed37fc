import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AskedClient } from './asked-client.ts';
import { standing } from './listening.ts';
import { FIXTURES, startTestGateway, type TestGateway } from './running-gateway.ts';
import { type Caller, call, modern, post, request, session, textOf } from './wire.ts';

interface Old {
  readonly process: ChildProcess;
  readonly port: number;
}

/** The official SDK's server of HTTP+SSE, which the gateway does not start. */
async function startOld(port = 0): Promise<Old> {
  const args = [join(FIXTURES, 'sse-server.ts'), '--port', String(port)];
  const started = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: started.stdout })) return { process: started, port: Number(line.split(':').at(-1)) };
  throw new Error('the server did not start');
}

async function end({ process: running }: Old): Promise<void> {
  const ended = new Promise((resolve) => running.once('exit', resolve));
  running.kill('SIGKILL');
  await ended;
}

let old: Old;
let gateway: TestGateway;
let writer: Caller;
const EFFECTS = { echo: 'read', slow: 'read', cancelled: 'read', ask: 'read', add_tool: 'write' };
const register = (id: string, url: string): ReturnType<TestGateway['admin']> =>
  gateway.admin('POST', '/servers', { id, transport: { kind: 'streamable-http', url }, effects: id === 'old' ? EFFECTS : {} });

beforeAll(async () => {
  old = await startOld();
  gateway = await startTestGateway();
  const made = await register('old', `http://127.0.0.1:${old.port}/sse`);
  if (made.status !== 201) throw new Error(JSON.stringify(made.body));
  writer = { mcp: gateway.mcp, key: (await gateway.key({ name: 'a writer', roles: ['writer'] })).text };
}, 60_000);
afterAll(async () => {
  await gateway.stop();
  old.process.kill('SIGKILL');
});

describe('a server of the older HTTP+SSE', () => {
  it('is found out by its URL, and its tools are called', async () => {
    const shown = (await gateway.admin('GET', '/servers/old')).body as { readonly revisions: { readonly legacy: readonly string[] } };
    expect(shown.revisions.legacy).toContain('2025-11-25');
    const inside = await session(writer);
    expect(textOf(await call(inside, 1, 'old__echo', { text: 'heard' }))).toBe('heard');
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => call(inside, `p${i}`, 'old__echo', { text: String(i) })));
    expect(answers.map(textOf)).toEqual(Array.from({ length: 20 }, (_, i) => String(i)));
  });

  it('is not reached by a stateless client, which is told what it speaks', async () => {
    const told = await modern({ ...writer, mcp: `${gateway.mcp}/old` }, 1, 'tools/list');
    expect(told.message).toMatchObject({ error: { code: -32022 } });
  });

  it('tells of progress on the call that asked, and is told that a call was cancelled', async () => {
    const inside = await session(writer);
    const told = await call(inside, 1, 'old__slow', { ms: 50 }, { progressToken: 'mine' });
    expect(told.notifications).toMatchObject([{ method: 'notifications/progress', params: { progressToken: 'mine', progress: 1 } }]);
    const pending = call(inside, 2, 'old__slow', { ms: 30_000 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await post(inside, { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 2 } });
    await pending;
    await expect.poll(async () => textOf(await call(inside, 3, 'old__cancelled')), { timeout: 5000 }).toBe('1');
  });

  it('asks the client whose session it is', async () => {
    const answer = { role: 'assistant', model: 'm', content: { type: 'text', text: 'this one' } };
    const asked = await AskedClient.begin(writer, { sampling: {} }, () => ({ result: answer }));
    expect(JSON.stringify(await asked.call('c', 'old__ask'))).toContain('this one');
  });

  it('tells of changed lists', async () => {
    const inside = await session(writer);
    const listening = await standing(inside);
    await call(inside, 1, 'old__add_tool');
    await expect.poll(listening.methods, { timeout: 1500, interval: 20 }).toContain('notifications/tools/list_changed');
    listening.end();
  });

  it('that goes away fails what is under way and nothing else, and is reached again when it is back', async () => {
    const inside = await session(writer);
    await call(inside, 0, 'old__echo', { text: 'up' });
    const pending = call(inside, 1, 'old__slow', { ms: 30_000 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await end(old);
    expect((await pending).message).toMatchObject({ result: { isError: true } });
    old = await startOld(old.port);
    const again = async (): Promise<string> => textOf(await call(inside, 2, 'old__echo', { text: 'back' }));
    await expect.poll(again, { timeout: 15_000, interval: 300 }).toBe('back');
  });
});

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

async function serve(handler: Handler): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

/** A server that names `endpoint`, or nothing where it is null, and says nothing else. */
const naming =
  (endpoint: string | null): Handler =>
  (asked, response) => {
    if (asked.method !== 'GET') return void response.writeHead(405).end();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(endpoint === null ? ': nothing\n\n' : `event: endpoint\ndata: ${endpoint}\n\n`);
  };

describe('a server that only looks like one', () => {
  it.each([
    ['another port', (port: number) => `http://127.0.0.1:${port}/take`],
    ['another host', (port: number) => `//localhost:${port}/take`],
    ['credentials', (port: number) => `http://user:pass@127.0.0.1:${port}/take`],
    ['another scheme', () => 'file:///etc/passwd'],
    ['two lines', () => '/a\ndata: b'],
  ])('and names %s to post to is refused, and nothing is posted there', async (_, endpoint) => {
    let taken = 0;
    const other = await serve((_asked, response) => {
      taken += 1;
      response.end();
    });
    const liar = await serve(naming(endpoint(other.port)));
    const made = await register('liar', `http://127.0.0.1:${liar.port}/sse`);
    expect(made.status).toBeGreaterThanOrEqual(400);
    expect(taken).toBe(0);
    for (const { server } of [other, liar]) {
      server.closeAllConnections();
      server.close();
    }
  });

  it('and names nothing to post to is given up in time', async () => {
    const silent = await serve(naming(null));
    const start = Date.now();
    const made = await register('silent', `http://127.0.0.1:${silent.port}/sse`);
    expect(made.status).toBeGreaterThanOrEqual(400);
    expect(Date.now() - start).toBeLessThan(15_000);
    silent.server.closeAllConnections();
    silent.server.close();
  });

  it('and floods its stream costs its own session, and no other', async () => {
    let posts = 0;
    const flooding = await serve((asked, response) => {
      if (asked.method === 'POST') {
        posts += 1;
        return void response.writeHead(asked.url === '/take' ? 202 : 404).end();
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('event: endpoint\ndata: /take\n\n');
      const flood = setInterval(() => response.write('data: garbage\n\n'.repeat(50)), 5);
      response.on('close', () => clearInterval(flood));
    });
    const made = await register('flooding', `http://127.0.0.1:${flooding.port}/sse`);
    expect(made.status).toBeGreaterThanOrEqual(400);
    expect(posts).toBeGreaterThan(0);
    const inside = await session(writer);
    expect(textOf(await call(inside, 1, 'old__echo', { text: 'still' }))).toBe('still');
    flooding.server.closeAllConnections();
    flooding.server.close();
  });
});

it('the record of a call to such a server is like that of any other', async () => {
  const inside = await session(writer);
  await post(inside, request(1, 'tools/call', { name: 'old__echo', arguments: { text: 'recorded' } }));
  const records = (await gateway.records('server=old&tool=echo')).slice(-2);
  expect(records).toMatchObject([{ record: { kind: 'intent' } }, { record: { kind: 'outcome', status: 'ok' } }]);
});
