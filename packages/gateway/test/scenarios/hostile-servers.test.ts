import type { Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { handshakeModern, type RawServer, rawServer, respond } from '../fixtures/hostile-http.ts';
import { Bystander } from './bystander.ts';
import { FIXTURES, httpToolServer, startTestGateway, type TestGateway, toolServer } from './running-gateway.ts';
import { type Caller, call, modern, session, type Told, textOf } from './wire.ts';

// Deadlines are those of the product: 20 s for a start, 60 s for a call. What waits for them runs beside everything else.
const PAST_THE_CALL_MS = 120_000;

let gateway: TestGateway;
let bystander: Bystander;
const raw: RawServer[] = [];

beforeAll(async () => {
  gateway = await startTestGateway({ servers: [toolServer('good'), httpToolServer('good-http')] });
  bystander = await Bystander.begin({ mcp: gateway.mcp, key: (await gateway.key({ name: 'bystander', roles: ['writer'] })).text });
});
afterAll(async () => {
  await gateway.stop();
  await Promise.all(raw.map((server) => server.close()));
}, 30_000);

const stdio = (id: string, mode: string): JsonObject => ({
  id,
  transport: { kind: 'stdio', launch: { command: process.execPath, args: [join(FIXTURES, 'hostile-stdio.ts'), mode] } },
});

type Behave = (socket: Socket, id: string) => void;

async function http(id: string, behave: Behave): Promise<JsonObject> {
  const server = await rawServer((socket, body) => {
    if (handshakeModern(socket, body)) return;
    if (body.method === 'tools/call') return behave(socket, body.id ?? '');
    respond(socket, JSON.stringify({ jsonrpc: '2.0', id: body.id, error: { code: -32601, message: 'Method not found' } }));
  });
  raw.push(server);
  return { id, transport: { kind: 'streamable-http', url: server.url } };
}

async function registered(server: JsonObject): Promise<Caller> {
  const id = String(server['id']);
  const answer = await gateway.admin('POST', '/servers', server);
  expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 201 });
  const { text, principal } = await gateway.key({ name: `caller of ${id}`, roles: ['writer'] });
  // A tool without an effect counts as destructive, which takes a grant.
  const granted = await gateway.admin('POST', '/grants', { principal, tool: `${id}__call` });
  expect(granted, JSON.stringify(granted.body)).toMatchObject({ status: 201 });
  return { mcp: gateway.mcp, key: text };
}

const outcomeOf = async (server: string): Promise<JsonObject | undefined> =>
  (await gateway.records(`server=${server}&kind=outcome`)).at(-1)?.['record'] as JsonObject | undefined;

interface Misbehaviour {
  readonly name: string;
  readonly reason: string;
  readonly says: RegExp;
}

function expectRefusal(told: Told, { says }: Misbehaviour): void {
  expect(told.status).toBe(200);
  expect(told.message).toMatchObject({ result: { isError: true } });
  expect(textOf(told)).toMatch(says);
  expect(textOf(told)).toMatch(/\(ref [0-9A-Z]{26}\)$/);
}

const ENDED = /ended during the call\. Whether it acted is not known/;
const BAD = /did not answer properly/;
const LARGE = /larger than 10 MB/;
const LATE = /did not answer in time\. Whether it acted is not known/;

const STDIO: readonly (readonly [string, string, RegExp])[] = [
  ['exit', 'gateway.upstream_closed', ENDED],
  ['garbage', 'gateway.upstream_garbage', BAD],
  ['garbage-answer', 'gateway.upstream_garbage', BAD],
  ['wrong-shape', 'gateway.upstream_garbage', BAD],
  ['gigabyte', 'gateway.upstream_too_large', LARGE],
  ['silent', 'gateway.upstream_timeout', LATE],
];

const HARMLESS: readonly (readonly [string, string])[] = [
  ['twice', 'first'],
  ['wrong-id', 'own'],
  ['forged-progress', 'done'],
  ['logs', 'logged'],
  ['flood-stderr', 'still here'],
  ['unsolicited', '-32601'],
];

const stream = (socket: Socket, type: string): void =>
  void socket.write(`HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nConnection: close\r\n\r\n`);
const MEGABYTE = 'a'.repeat(1_048_576);
const endless = (socket: Socket, chunk: string): void => {
  const more = (): void => void (socket.destroyed || socket.write(chunk, () => setImmediate(more)));
  more();
};

const HTTP: readonly (readonly [string, Behave, string, RegExp])[] = [
  ['never answers', () => {}, 'gateway.upstream_timeout', LATE],
  ['closes at once', (socket) => socket.destroy(), 'gateway.upstream_closed', ENDED],
  ['answers garbage', (socket) => respond(socket, '{not json'), 'gateway.upstream_garbage', BAD],
  [
    'answers with two keys of one name',
    (socket, id) => respond(socket, `{"jsonrpc":"2.0","id":"${id}","result":{"a":1,"a":2}}`),
    'gateway.upstream_garbage',
    BAD,
  ],
  [
    'answers an endless body',
    (socket) => {
      stream(socket, 'application/json');
      endless(socket, MEGABYTE);
    },
    'gateway.upstream_too_large',
    LARGE,
  ],
  [
    'answers one endless event',
    (socket) => {
      stream(socket, 'text/event-stream');
      socket.write('data: ');
      endless(socket, MEGABYTE);
    },
    'gateway.upstream_too_large',
    LARGE,
  ],
  [
    'sends events without end',
    (socket) => {
      stream(socket, 'text/event-stream');
      endless(socket, 'data: {"jsonrpc":"2.0","method":"notifications/x"}\n\n'.repeat(500));
    },
    'gateway.upstream_garbage',
    BAD,
  ],
  [
    'redirects elsewhere',
    (socket) => void socket.write('HTTP/1.1 307 Elsewhere\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n'),
    'gateway.upstream_garbage',
    BAD,
  ],
  [
    'refuses the credential',
    (socket) => void socket.write('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n'),
    'gateway.upstream_authentication',
    /refused the credentials of the gateway/,
  ],
];

const UNREGISTRABLE: readonly (readonly [string, JsonObject, number, string, RegExp])[] = [
  ['that does not start', stdio('u-no-start', 'no-start'), 502, 'gateway.upstream_start_failed', /did not start/],
  ['that never answers', stdio('u-mute', 'mute'), 502, 'gateway.upstream_start_failed', /did not start/],
  ['of an older protocol', stdio('u-old', 'old'), 502, 'gateway.upstream_era', /revision/],
  ['with 10,000 tools', stdio('u-many-tools', 'many-tools'), 502, 'gateway.upstream_too_large', /more than is taken/],
  ['with pages without end', stdio('u-endless-pages', 'endless-pages'), 502, 'gateway.upstream_too_large', /more than is taken/],
  ['that pages in a circle', stdio('u-same-cursor', 'same-cursor'), 502, 'gateway.upstream_garbage', /does not speak MCP/],
  [
    'whose program there is not',
    { id: 'u-none', transport: { kind: 'stdio', launch: { command: 'no-such-program', args: [] } } },
    502,
    'gateway.upstream_start_failed',
    /did not start/,
  ],
  [
    'on which nothing listens',
    { id: 'u-closed', transport: { kind: 'streamable-http', url: 'http://127.0.0.1:1/mcp' } },
    502,
    'gateway.upstream_unavailable',
    /cannot be reached/,
  ],
  [
    'at the metadata service',
    { id: 'u-metadata', transport: { kind: 'streamable-http', url: 'https://169.254.169.254/latest' } },
    502,
    'gateway.upstream_unavailable',
    /cannot be reached/,
  ],
];

describe.concurrent('a hostile server behind the whole gateway', () => {
  it.each(STDIO)(
    'over stdio: %s',
    async (mode, reason, says) => {
      const id = `s-${mode}`;
      const told = await call(await session(await registered(stdio(id, mode))), 1, `${id}__call`, {});
      expectRefusal(told, { name: mode, reason, says });
      expect(await outcomeOf(id)).toMatchObject({ status: 'refused', reason });
    },
    PAST_THE_CALL_MS,
  );

  it.each(HARMLESS)(
    'over stdio: %s changes nothing for its caller',
    async (mode, text) => {
      const id = `s-${mode}`;
      const caller = await session(await registered(stdio(id, mode)));
      const told = await call(caller, 1, `${id}__call`, {}, { progressToken: 'mine' });
      expect(told.message).toMatchObject({ id: 1, result: { content: [{ text: expect.stringContaining(text) }] } });
      // Of all that these servers say on the side, only a log message of the caller's own session is his.
      expect(told.notifications.map((one) => one['method'])).toEqual(mode === 'logs' ? ['notifications/message'] : []);
      expect(await outcomeOf(id)).toMatchObject({ status: 'ok' });
    },
    PAST_THE_CALL_MS,
  );

  it.each(HTTP.map((row, place) => [...row, place] as const))(
    'over HTTP: %s',
    async (name, behave, reason, says, place) => {
      const id = `h-${place}`;
      const told = await modern(await registered(await http(id, behave)), 1, 'tools/call', { name: `${id}__call`, arguments: {} });
      expectRefusal(told, { name, reason, says });
      expect(await outcomeOf(id)).toMatchObject({ status: 'refused', reason });
    },
    PAST_THE_CALL_MS,
  );

  it.each(UNREGISTRABLE)(
    'is refused at registration in words an administrator can use: one %s',
    async (_name, server, status, reason, says) => {
      const answer = await gateway.admin('POST', '/servers', server);
      expect(answer).toMatchObject({ status, body: { error: { reason, message: expect.stringMatching(says) } } });
      expect((await gateway.admin('GET', `/servers/${String(server['id'])}`)).status).toBe(404);
    },
    PAST_THE_CALL_MS,
  );

  it('has its schema bomb quarantined, and its other tool works', async () => {
    expect((await gateway.admin('POST', '/servers', stdio('bomb', 'schema-bomb'))).status).toBe(201);
    const list = await modern(bystander.caller, 1, 'tools/list');
    expect(JSON.stringify(list.message)).not.toContain('bomb__bomb');
    const told = await call(await session(bystander.caller), 1, 'bomb__bomb', {});
    expect(told.message).toMatchObject({ error: { code: -32602 } });
    expect(textOf(told)).toContain('Unknown tool');
  });
});

it('and all the while, calls of other servers noticed nothing', async () => {
  const seen = await bystander.end();
  expect(seen.failures).toEqual([]);
  expect(seen.calls).toBeGreaterThan(500);
  expect(seen.p99Ms).toBeLessThan(1000);
  expect(seen.slowestMs).toBeLessThan(3000);
  expect(seen.grownMb).toBeLessThan(400);
});
