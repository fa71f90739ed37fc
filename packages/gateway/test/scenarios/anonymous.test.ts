import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VERBS } from '../../src/admin/routes/index.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import { bareAsk } from './bare-socket.ts';
import { movedClock } from './moved-clock.ts';
import { startTestGateway, type TestGateway, toolServer } from './running-gateway.ts';
import { BOTH } from './wire.ts';

// Failed attempts are counted by address: a minute lies between any two rows, so that each is answered for itself.
const clock = movedClock();
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ servers: [toolServer('local')], start: { clock } });
});
afterAll(() => gateway.stop());

const BODY = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}';
const UNKNOWN = [
  '/',
  '/index.html',
  '/mcp/',
  '/mcp/no-such',
  '/mcp/local/x',
  '/MCP',
  '/metrics',
  '/auth',
  '/auth/token',
  '/.well-known/x',
  '/healthz/',
];
const MCP_PATHS = ['/mcp', '/mcp/local', ...UNKNOWN, '/api/v1/keys'];
const MCP_VERBS = ['POST', 'GET', 'DELETE'];

const ADMIN_ROUTES = VERBS.map(({ method, path }) => [method, path.replace(':id', 'local')] as const);
const ADMIN_UNKNOWN = ['/', '/healthz/', '/readyz/x', '/metrics', '/mcp', '/api', '/api/v1', '/api/v1/nothing', '/api/v2/keys'];
const ADMIN_PATHS = [
  ...ADMIN_ROUTES,
  ...ADMIN_UNKNOWN.flatMap((path) => ['GET', 'POST', 'PUT', 'DELETE'].map((verb) => [verb, path] as const)),
  ...['PUT', 'PATCH', 'HEAD'].map((verb) => [verb, '/api/v1/keys'] as const),
];

/** What stands where a key should stand, and is none. */
const NO_KEYS: readonly (readonly [string, string | null])[] = [
  ['nothing', null],
  ['an empty key', 'Bearer '],
  ['a made-up key', `Bearer sp_${'A'.repeat(43)}_AAAAAA`],
  ['a password', 'Basic YWRtaW46YWRtaW4='],
];

const ask = (url: string, verb: string, path: string, authorization: string | null = null) => {
  clock.advance(61_000);
  const body = verb === 'POST' || verb === 'PUT' || verb === 'PATCH' ? BODY : '';
  return bareAsk({
    url,
    verb,
    path,
    body: [body],
    headers: [
      ['host', new URL(url).host],
      ['accept', BOTH],
      ...(body === ''
        ? []
        : ([
            ['content-type', 'application/json'],
            ['content-length', String(body.length)],
          ] as const)),
      ...(authorization === null ? [] : ([['authorization', authorization]] as const)),
    ],
  });
};

const recorded = async (since: number): Promise<readonly string[]> =>
  (await gateway.records(`since=${since}`)).flatMap((one) => {
    const { kind, reason, principal } = one['record'] as JsonObject;
    return kind === 'refusal' || kind === 'authentication' ? [`${String(reason)} ${String(principal ?? 'nobody')}`] : [];
  });

describe('without a key', () => {
  it.each(['/healthz', '/readyz'])('%s answers, and says nothing but whether', async (path) => {
    const answer = await ask(gateway.mcp, 'GET', path);
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.message ?? {})).toEqual(['status']);
  });

  it('every other endpoint of both listeners is 401 with WWW-Authenticate, known path or not, and each refusal is recorded with its reason [R0-09]', async () => {
    const { adminUrl } = gateway.running;
    const asked = [
      ...MCP_PATHS.flatMap((path) => MCP_VERBS.map((verb) => [gateway.mcp, verb, path, 'Bearer realm="sallyport"'] as const)),
      ...ADMIN_PATHS.map(([verb, path]) => [adminUrl, verb, path, 'Bearer realm="sallyport-admin"'] as const),
    ];
    const since = clock.now();
    const open: string[] = [];
    for (const [url, verb, path, challenge] of asked) {
      const { status, headers, body } = await ask(url, verb, path);
      if (status !== 401 || headers['www-authenticate'] !== challenge) open.push(`${url} ${verb} ${path}: ${status} ${body}`);
    }
    expect(open).toEqual([]);
    expect(await recorded(since)).toEqual(asked.map(() => 'identity.credential_missing nobody'));
  });

  it.each(NO_KEYS)('%s opens neither listener, and tells no path from another', async (_name, authorization) => {
    const told = new Set<string>();
    for (const [url, verb, path] of [
      [gateway.mcp, 'POST', '/mcp'],
      [gateway.mcp, 'POST', '/mcp/no-such'],
      [gateway.mcp, 'GET', '/nowhere'],
    ] as const) {
      const answer = await ask(url, verb, path, authorization);
      told.add(`${answer.status} ${answer.body.replaceAll(/[0-9A-Z]{26}/g, 'REF')}`);
    }
    expect([...told]).toEqual([expect.stringMatching(/^401 /)]);
    for (const [verb, path] of ADMIN_ROUTES.slice(0, 4))
      expect((await ask(gateway.running.adminUrl, verb, path, authorization)).status).toBe(401);
  });

  it.each(['PUT', 'PATCH', 'OPTIONS', 'HEAD', 'TRACE', 'PROPFIND'])('%s is no way round', async (verb) => {
    for (const path of ['/mcp', '/mcp/local']) expect((await ask(gateway.mcp, verb, path)).status).toBe(405);
  });

  it('reaching the socket of the administration is not being an administrator', async () => {
    for (const [method, path] of ADMIN_ROUTES) {
      clock.advance(61_000);
      const status = await new Promise<number | undefined>((resolve, reject) => {
        const asked = httpRequest({ socketPath: gateway.running.socketPath, method, path, headers: { host: 'localhost' } }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        asked.on('error', reject).end();
      });
      expect(status, `${method} ${path}`).toBe(401);
    }
  });
});
