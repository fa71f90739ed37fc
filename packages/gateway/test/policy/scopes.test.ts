import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { startTestGateway, type TestGateway, toolServer } from '../scenarios/running-gateway.ts';
import { type Caller, call, modern, post, request, session, type Told, textOf } from '../scenarios/wire.ts';
import { type MatrixGateway, startMatrixGateway } from './objects.ts';

const code = (told: Told): unknown => (told.message?.['error'] as JsonObject | undefined)?.['code'];
const UNKNOWN = -32602;

describe('a tool that its server calls read-only', () => {
  let matrix: MatrixGateway;
  beforeAll(async () => {
    matrix = await startMatrixGateway();
  }, 60_000);
  afterAll(() => matrix.stop());

  it('is not there for a reader until an admin says what it does, and what writes never is [R2-015]', async () => {
    const { gateway } = matrix;
    const reader: Caller = { mcp: gateway.mcp, key: (await gateway.key({ name: 'a reader', roles: ['reader'] })).text };
    const legacy = await session(reader);
    const both = async (name: string): Promise<readonly unknown[]> => [
      code(await call(legacy, 1, name, { text: name })),
      code(await modern(reader, 1, 'tools/call', { name, arguments: { text: name } })),
    ];
    // Every tool of this server claims readOnlyHint.
    for (const name of ['files__unset', 'files__write', 'files__own-write', 'files__destructive', 'files__pending'])
      expect([name, ...(await both(name))]).toEqual([name, UNKNOWN, UNKNOWN]);
    expect(matrix.forwarded()).toEqual([]);

    const approve = (tool: string, effect: string) => gateway.admin('POST', '/servers/files/approve', { tool, effect });
    expect((await approve('unset', 'read')).status).toBe(200);
    expect(await both('files__unset')).toEqual([undefined, undefined]);
    expect((await approve('pending', 'write')).status).toBe(200);
    expect(await both('files__pending')).toEqual([UNKNOWN, UNKNOWN]);
    // And away again, from the next call on.
    expect((await approve('unset', 'destructive')).status).toBe(200);
    expect(await both('files__unset')).toEqual([UNKNOWN, UNKNOWN]);
    expect(matrix.forwarded().map(({ tool }) => tool)).toEqual(['unset', 'unset']);
  });
});

describe('a key', () => {
  let gateway: TestGateway;
  let folder: string;
  const log = (server: string): string => join(folder, `${server}.log`);
  const calls = (server: string): readonly { name: string; cancelled?: true }[] => {
    const text = readFileSync(log(server), { encoding: 'utf8', flag: 'a+' });
    return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as { name: string; cancelled?: true }]));
  };
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sallyport-scopes-'));
    gateway = await startTestGateway({ servers: ['alpha', 'beta'].map((id) => toolServer(id, { callLog: log(id) })) });
  }, 60_000);
  afterAll(async () => {
    await gateway.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('for one tool of one server, some methods and one network reaches nothing else, and makes no broader key [R2-010 partial: argument constraints]', async () => {
    const narrow = {
      roles: ['writer', 'admin'] as const,
      scopes: [{ server: 'alpha', tool: 'read_0' }],
      methods: ['tools/call'],
      networks: ['127.0.0.0/8'],
    };
    const key = await gateway.key({ name: 'narrow', ...narrow });
    const caller: Caller = { mcp: gateway.mcp, key: key.text };
    const inside = await session(caller);
    expect(textOf(await call(inside, 1, 'alpha__read_0', { text: 'mine' }))).toContain('mine');
    for (const name of ['alpha__read_1', 'alpha__write_0', 'beta__read_0', 'alpha__destructive_0'])
      expect([name, code(await call(inside, 2, name))]).toEqual([name, UNKNOWN]);
    expect(code(await post(inside, request(3, 'tools/list')))).toBe(40300);
    expect(code(await post(inside, request(4, 'logging/setLevel', { level: 'error' })))).toBe(40300);
    const elsewhere = await gateway.key({ name: 'elsewhere', ...narrow, networks: ['10.0.0.0/8'] });
    expect((await post({ mcp: gateway.mcp, key: elsewhere.text }, request(5, 'ping'))).status).toBe(401);
    expect(calls('alpha').map(({ name }) => name)).toEqual(['read_0']);
    expect(calls('beta')).toEqual([]);

    // The list of methods alone keeps it from making any; without the list its scopes do, and without those its networks bound what it makes.
    const makers = {
      'admin.key_for_methods': key.text,
      'admin.scope_too_narrow': (await gateway.key({ name: 'no list', ...narrow, methods: null })).text,
      'identity.scope_too_broad': (await gateway.key({ name: 'networks', roles: narrow.roles, networks: narrow.networks })).text,
    };
    const make = async (maker: string, wider: object): Promise<unknown> => {
      const response = await fetch(`${gateway.running.adminUrl}/api/v1/keys`, {
        method: 'POST',
        headers: { authorization: `Bearer ${maker}`, 'content-type': 'application/json' },
        body: JSON.stringify({ name: `wider ${JSON.stringify(wider)}`.slice(0, 90), ...narrow, ...wider }),
      });
      const { error } = (await response.json()) as { readonly error?: { readonly reason: string } };
      return error?.reason ?? response.status;
    };
    const networks = [{ networks: ['0.0.0.0/0'] }, { networks: ['127.0.0.0/8', '10.0.0.0/8'] }, { networks: null }];
    const wider = [
      { scopes: [{ server: '*', tool: '*' }] },
      { scopes: [{ server: 'alpha', tool: '*' }] },
      { scopes: [{ server: 'beta', tool: 'read_0' }] },
      { scopes: [...narrow.scopes, { server: 'beta', tool: 'read_0' }] },
      { methods: ['tools/call', 'tools/list'] },
      { methods: null },
      ...networks,
    ];
    for (const [reason, maker] of Object.entries(makers))
      for (const one of reason === 'identity.scope_too_broad' ? networks : wider)
        expect([reason, one, await make(maker, one)]).toEqual([reason, one, reason]);
    expect(await make(makers['identity.scope_too_broad'], { name: 'no wider' })).toBe(201);
  });

  it('ends no request of another’s: not of another principal, not of another session', async () => {
    const [mine, others] = await Promise.all(['mine', 'others'].map((name) => gateway.key({ name, roles: ['writer'] })));
    const own = { mcp: gateway.mcp, key: mine?.text ?? '' };
    const inside = await session(own);
    const strangers = [await session(own), await session({ mcp: gateway.mcp, key: others?.text ?? '' })];
    const slow = call(inside, 'slow-1', 'alpha__slow', { n: 1500 });
    await new Promise((resolve) => setTimeout(resolve, 700));
    const cancel = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'slow-1' } };
    for (const stranger of strangers) expect((await post(stranger, cancel)).status).toBe(202);
    expect((await post({ ...inside, key: others?.text ?? '' }, cancel)).status).toBe(404);
    expect(textOf(await slow)).toBe('slow');
    expect(calls('alpha').some(({ cancelled }) => cancelled)).toBe(false);
  });
});
